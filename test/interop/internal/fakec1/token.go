package fakec1

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	accessToken   = "an-access-token-of-the-fake"
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	longestLife   = 5 * time.Minute
)

// tokenRequest is what is recorded of a request for a token. Times are in seconds from now.
type tokenRequest struct {
	HTTPMethod string         `json:"httpMethod"`
	Path       string         `json:"path"`
	Protocol   string         `json:"protocol"`
	Form       map[string]int `json:"form"`
	Header     map[string]any `json:"header"`
	Claims     map[string]any `json:"claims"`
}

func (s *Server) serveToken(writer http.ResponseWriter, request *http.Request) {
	record := s.recorder.arrive("Token", request.RemoteAddr)
	for _, name := range []string{"User-Agent", "Content-Type"} {
		record.Metadata[name] = request.Header.Get(name)
	}
	record.Code = http.StatusOK
	content, err := s.readTokenRequest(request)
	record.Request = content
	if err != nil {
		record.Violations = append(record.Violations, err.Error())
		record.Code = http.StatusUnauthorized
	}
	at := s.script.note("Token", "")
	record.Step = at.step
	if at.fails {
		record.Code = int(at.fault)
	}
	s.keep(record)
	if record.Code != http.StatusOK {
		writer.WriteHeader(record.Code)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	answer := map[string]any{"access_token": accessToken, "token_type": "bearer", "expires_in": 3600}
	_ = json.NewEncoder(writer).Encode(answer)
}

// readTokenRequest describes a request; the error says why it deserves no token.
func (s *Server) readTokenRequest(request *http.Request) (*tokenRequest, error) {
	content := &tokenRequest{
		HTTPMethod: request.Method,
		Path:       request.URL.Path,
		Protocol:   request.Proto,
		Form:       map[string]int{},
	}
	if err := request.ParseForm(); err != nil {
		return content, err
	}
	for name, values := range request.PostForm {
		content.Form[name] = len(values)
	}
	expected := map[string]string{
		"client_id":             s.credentials.ClientID,
		"grant_type":            "client_credentials",
		"client_assertion_type": assertionType,
	}
	for name, value := range expected {
		if request.PostForm.Get(name) != value {
			return content, fmt.Errorf("%s is not %s", name, value)
		}
	}
	return content, s.readAssertion(request.PostForm.Get("client_assertion"), content)
}

func (s *Server) readAssertion(assertion string, content *tokenRequest) error {
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return err
	}
	header := token.Headers[0]
	content.Header = map[string]any{"alg": header.Algorithm, "kid": header.KeyID, "nonce": describeNonce(header.Nonce)}
	for name, value := range header.ExtraHeaders {
		content.Header[string(name)] = value
	}

	claims := jwt.Claims{}
	if err := token.Claims(s.credentials.publicKey, &claims, &content.Claims); err != nil {
		return err
	}
	now := time.Now()
	for _, name := range []string{"iat", "nbf", "exp"} {
		if at, ok := content.Claims[name].(float64); ok {
			content.Claims[name] = roundTo30(at - float64(now.Unix()))
		}
	}
	err = claims.ValidateWithLeeway(jwt.Expected{
		Issuer:      s.credentials.ClientID,
		Subject:     s.credentials.ClientID,
		AnyAudience: jwt.Audience{clientHost},
		Time:        now,
	}, 0)
	if err != nil {
		return err
	}
	if life := claims.Expiry.Time().Sub(claims.IssuedAt.Time()); life > longestLife {
		return fmt.Errorf("the assertion is good for %s", life)
	}
	return nil
}

func describeNonce(nonce string) string {
	if bytes, err := hex.DecodeString(nonce); err == nil {
		return fmt.Sprintf("%d bytes in hex", len(bytes))
	}
	return nonce
}

func roundTo30(seconds float64) int {
	return int((seconds+15+3000)/30)*30 - 3000
}
