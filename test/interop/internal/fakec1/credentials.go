package fakec1

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// clientHost is the tenant in the client id; connectors are led here by BATON_C1_API_HOST.
const clientHost = "acme.conductor.example"

// Credentials are what C1 gives out for a new connector.
type Credentials struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	publicKey    ed25519.PublicKey
}

// NewCredentials makes a key pair and writes it in the form of a client secret.
func NewCredentials() (*Credentials, error) {
	publicKey, privateKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := jose.JSONWebKey{Key: privateKey}.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return &Credentials{
		ClientID:     "quiet-heron-1@" + clientHost + ":443/spc",
		ClientSecret: "secret-token:conductorone.com:v1:" + base64.RawURLEncoding.EncodeToString(key),
		publicKey:    publicKey,
	}, nil
}

// newCertificate makes a certificate for localhost that vouches for itself, and the same as PEM.
func newCertificate() (tls.Certificate, []byte, error) {
	publicKey, privateKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, publicKey, privateKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: privateKey}, text, nil
}
