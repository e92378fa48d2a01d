package fakec1

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	batonv1 "github.com/conductorone/baton-sdk/pb/c1/connectorapi/baton/v1"
	"google.golang.org/grpc"
)

// CertificateFile is the name of the file with the certificate authority that connectors have to believe.
const CertificateFile = "ca.pem"

// Server is C1: one TLS socket for tokens and tasks.
type Server struct {
	scenario    *Scenario
	credentials *Credentials
	recorder    *Recorder
	directory   string
	script      *script
	listener    net.Listener
}

// Start listens at a free port of localhost. Uploads and the certificate are put into directory; onEnd is called
// when the last step is over.
func Start(scenario *Scenario, credentials *Credentials, recorder *Recorder, directory string, onEnd func()) (*Server, error) {
	certificate, text, err := newCertificate()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(directory, CertificateFile), text, 0o600); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return nil, err
	}
	server := &Server{
		scenario:    scenario,
		credentials: credentials,
		recorder:    recorder,
		directory:   directory,
		script:      &script{steps: scenario.Steps, onEnd: onEnd},
		listener:    listener,
	}
	tasks := grpc.NewServer()
	batonv1.RegisterBatonServiceServer(tasks, &service{Server: server})
	mux := http.NewServeMux()
	mux.HandleFunc("/auth/v1/token", server.serveToken)
	mux.Handle("/", tasks)
	web := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: time.Minute,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	go func() { _ = web.ServeTLS(listener, "", "") }()
	return server, nil
}

// Address is host and port.
func (s *Server) Address() string {
	_, port, _ := strings.Cut(s.listener.Addr().String(), ":")
	return "localhost:" + port
}

// keep writes a record down; a conversation with gaps would prove nothing.
func (s *Server) keep(record *Record) {
	if err := s.recorder.write(record); err != nil {
		panic(err)
	}
}
