package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
)

// certificate makes a certificate for a name or an address that signs itself.
func certificate(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

// encrypting stands before a PostgreSQL and encrypts what comes to it: a client asks for
// that with eight bytes and is answered with S.
func encrypting(t *testing.T, server string, with tls.Certificate) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = client.Close() }()
				asked := make([]byte, 8)
				if _, err := io.ReadFull(client, asked); err != nil {
					return
				}
				if _, err := client.Write([]byte("S")); err != nil {
					return
				}
				inner, err := net.Dial("tcp", server)
				if err != nil {
					return
				}
				secured := tls.Server(client, &tls.Config{Certificates: []tls.Certificate{with}})
				running.Go(func() {
					_, _ = io.Copy(inner, secured)
					_ = inner.Close()
				})
				_, _ = io.Copy(secured, inner)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().(*net.TCPAddr).Port
}

// TestCertificates: a certificate counts for its authority and for its name.
func TestCertificates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		if r.dialect != values.Postgres {
			// MySQL begins to encrypt in the middle of its greeting; what is verified is the same.
			_, err := r.open(map[string]any{"security": "encrypt"}).Check(t.Context())
			refused(t, "no encryption", err, fault.Config, "sql.no_encryption")
			return
		}
		right, trusted := certificate(t, "127.0.0.1")
		wrong, other := certificate(t, "elsewhere.example")
		for name, c := range map[string]struct {
			with     tls.Certificate
			security string
			trust    any
			code     string
		}{
			"trusted":                 {right, "verify", trusted, ""},
			"not trusted":             {right, "verify", nil, "sql.certificate_refused"},
			"another authority":       {right, "verify", other, "sql.certificate_refused"},
			"another name":            {wrong, "verify", other, "sql.certificate_refused"},
			"any certificate will do": {wrong, "encrypt", nil, ""},
			"not encrypted at all":    {right, "none", nil, "sql.unreachable"},
		} {
			session := r.open(map[string]any{"security": c.security, "trust": c.trust, "port": encrypting(t, r.proxy.server, c.with)})
			_, err := session.Check(t.Context())
			switch {
			case c.code == "" && err != nil:
				t.Errorf("%s: %v", name, err)
			case c.code == "sql.unreachable":
				refused(t, name, err, fault.Transient, c.code, "sql.connection_lost")
			case c.code != "":
				refused(t, name, err, fault.Config, c.code)
			}
			_ = session.Close(t.Context())
		}
	})
}
