package bus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/karezflow/karez/server/bus"
)

// papers are an authority's certificates for a server and a program on loopback, as files.
type papers struct{ dir string }

func (p papers) file(name string) string { return filepath.Join(p.dir, name) }

// issue makes an authority and what it certifies.
func issue(t *testing.T) papers {
	t.Helper()
	p := papers{t.TempDir()}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	signer := p.certify(t, "authority", authority, authority, nil)
	for serial, name := range []string{"server", "program"} {
		p.certify(t, name, &x509.Certificate{
			SerialNumber: big.NewInt(int64(serial + 2)), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}, authority, signer)
	}
	return p
}

// certify writes a key and a certificate, signed by a key or else by itself.
func (p papers) certify(t *testing.T, name string, cert, parent *x509.Certificate, signer *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(p.file(file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

// guarded runs a server that wants a name, a password and a certificate.
func guarded(t *testing.T, p papers) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(p.file("server.pem"), p.file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(p.file("authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(text)
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, Username: "karez", Password: "loopback-only",
		TLS: true, TLSVerify: true, TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s.ClientURL()
}

// A server with TLS lets in who has the name, the password and a certificate, and whom
// its own certificate satisfies.
func TestNatsWithLoginAndTLS(t *testing.T) {
	p := issue(t)
	url := guarded(t, p)
	right := bus.Login{
		User: "karez", Password: "loopback-only", CA: p.file("authority.pem"), Certificate: p.file("program.pem"), Key: p.file("program.key"),
	}
	for name, spoil := range map[string]func(*bus.Login){
		"a wrong password":        func(l *bus.Login) { l.Password = "guessed" },
		"nobody's name":           func(l *bus.Login) { l.User, l.Password = "", "" },
		"no certificate":          func(l *bus.Login) { l.Certificate, l.Key = "", "" },
		"an authority unheard of": func(l *bus.Login) { l.CA = "" },
	} {
		wrong := right
		spoil(&wrong)
		if b, err := bus.OpenNats(t.Context(), bus.NatsConfig{URL: url, Login: wrong}); err == nil {
			t.Errorf("%s was let in", name)
			_ = b.Close()
		}
	}
	b := open(t, bus.NatsConfig{URL: url, Login: right})
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	heard := make(chan string, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(ctx, 1, func(_ context.Context, h bus.Hint) bool {
			heard <- strconv.FormatInt(h.Work, 10)
			return true
		})
	}()
	if err := b.Publish(ctx, []bus.Hint{{Work: 7}}); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, heard); got != "7" {
		t.Errorf("hint %s", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Subscribe: %v", err)
	}
}
