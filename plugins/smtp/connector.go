// Command smtp is the connector of mail servers: it sends a message as an e-mail of
// plain text and simple HTML (RFC 5321, RFC 5322; the submission of mail with TLS:
// RFC 8314).
//
// It is the only package that may import go-mail and goldmark; besides these the
// standard library, the sdk and plugins/internal, and the sandbox only where the
// program is put together.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML string

// The ways to secure a connection.
const (
	implicitTLS = "tls"
	startTLS    = "starttls"
	noTLS       = "none"
)

// mailer implements connector.Connector.
type mailer struct{ clock func() time.Time }

func newConnector(clock func() time.Time) mailer { return mailer{clock} }

// Manifest implements connector.Connector.
func (mailer) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (m mailer) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	if err := item.Check(account.Settings); err != nil {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config).Because(err)
	}
	given := item.Of(account.Settings)
	s := &session{
		account: account.ID, password: account.Secrets["password"], clock: m.clock, traces: host,
		host: strings.TrimSpace(given.Field("host").Text()), user: strings.TrimSpace(given.Field("user").Text()),
		security: given.Field("security").Text(), to: given.Field("to").Text(),
	}
	port, err := strconv.Atoi(given.Field("port").Text())
	if err != nil {
		port = usualPort(s.security)
	}
	s.port = port
	if s.security == noTLS && given.Field("insecure").Text() != "true" && !loopback(s.host) {
		return nil, fault.New("smtp.unencrypted", "mail to %s would travel unencrypted", s.host).Classed(fault.Config).Unapplied().
			Hinted("choose SSL/TLS or STARTTLS, or allow it explicitly for a server in your own network")
	}
	if s.from, err = mail.ParseAddress(given.Field("from").Text()); err != nil {
		return nil, fault.New("smtp.sender_invalid", "the sender is not an e-mail address").Classed(fault.Config).Unapplied().
			Hinted("enter an address such as notice@example.com, or a name with it: Notices <notice@example.com>")
	}
	s.tls, err = trusting(s.host, given.Field("trust").Text())
	return s, err
}

// usualPort gives the port of a way to secure a connection (RFC 8314, RFC 6409).
func usualPort(security string) int {
	switch security {
	case startTLS:
		return 587
	case noTLS:
		return 25
	default:
		return 465
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// trusting makes the TLS settings for a host. certificates in PEM, if there are any,
// are trusted in place of the system's.
func trusting(host, certificates string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if strings.TrimSpace(certificates) == "" {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM([]byte(certificates)) {
		return nil, fault.New("smtp.trust_invalid", "the certificate to trust is not in PEM").Classed(fault.Config).Unapplied().
			Hinted("paste it from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----")
	}
	return config, nil
}

// session implements connector.Session and connector.Writer. Each call makes a
// connection of its own: mail servers hang up on idle ones within minutes.
type session struct {
	account, host, user, password, security, to string
	port                                        int
	from                                        *mail.Address
	tls                                         *tls.Config
	clock                                       func() time.Time
	traces                                      connector.Host
}

// Check implements connector.Session: it logs in and leaves.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	line, err := s.dial(ctx)
	if err != nil {
		return connector.Health{}, err
	}
	line.end(ctx)
	who := s.host
	if s.user != "" {
		who = s.user + " · " + s.host
	}
	return connector.Health{Account: who}, nil
}

// Query implements connector.Session: mail is not read.
func (s *session) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	return connector.Page{}, message.Unknown(req.Operation)
}

// Write implements connector.Writer.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	m, err := message.Read(batch)
	if err != nil {
		return connector.Answers{}, err
	}
	people, err := s.recipients(m)
	if err != nil {
		return connector.Answers{}, err
	}
	id := message.ID(s.account, batch) + "@" + s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	letter, err := s.letter(m, people, id)
	if err != nil {
		return connector.Answers{}, err
	}
	line, err := s.dial(ctx)
	if err != nil {
		return connector.Answers{}, err
	}
	defer line.end(ctx)
	answer, err := line.send(ctx, letter)
	s.trace(ctx, m, people, id, answer, err)
	if err != nil {
		return connector.Answers{}, err
	}
	raw := item.AppendText(nil, answer)
	return connector.Answers{Rows: []connector.Answer{{Outcome: connector.Done, ID: id, Raw: raw}}, Raw: raw}, nil
}

// recipients are the people of a message, or those of the connection where it names
// none. Line breaks, by which headers could be smuggled in, are refused.
func (s *session) recipients(m message.Message) ([]*mail.Address, error) {
	for field, texts := range map[string][]string{"title": {m.Title}, "to": m.To} {
		for _, text := range texts {
			if strings.ContainsAny(text, "\r\n\x00") {
				return nil, fault.New("message.line_break", "%s holds a line break", field).At(field).Classed(fault.Data).Unapplied()
			}
		}
	}
	people := m.To
	if len(people) == 0 {
		people = strings.FieldsFunc(s.to, func(r rune) bool { return strings.ContainsRune(",;，；", r) })
	}
	if len(people) == 0 {
		return nil, fault.New("message.recipient_missing", "nobody is named to send the message to").At("to").Classed(fault.Data).Unapplied().
			Hinted("name them in the message, or once in the connection")
	}
	out := make([]*mail.Address, len(people))
	for i, one := range people {
		address, err := mail.ParseAddress(strings.TrimSpace(one))
		if err != nil {
			return nil, fault.New("message.recipient_invalid", "%q is not an e-mail address", one).At("to").Classed(fault.Data).Unapplied()
		}
		out[i] = address
	}
	return out, nil
}

// trace shows an exchange without the letter, which the ledger keeps.
func (s *session) trace(ctx context.Context, m message.Message, people []*mail.Address, id, answer string, err error) {
	if err != nil {
		answer = fault.From(err).Message
	}
	shown := item.AppendText([]byte(`{"messageId":`), id)
	shown = item.AppendText(append(shown, `,"from":`...), s.from.String())
	shown = item.AppendText(append(shown, `,"subject":`...), m.Heading(maxSubject))
	shown = append(shown, `,"to":[`...)
	for i, one := range people {
		if i > 0 {
			shown = append(shown, ',')
		}
		shown = item.AppendText(shown, one.Address)
	}
	s.traces.Trace(ctx, connector.Exchange{
		Method: "SMTP", URL: "smtp://" + net.JoinHostPort(s.host, strconv.Itoa(s.port)),
		RequestBody: append(shown, ']', '}'), ResponseBody: []byte(s.hide(answer)), Started: s.clock(),
	})
}

// hide takes the password out of a server's words.
func (s *session) hide(text string) string {
	if s.password == "" {
		return text
	}
	return strings.ReplaceAll(text, s.password, "***")
}

// Close implements connector.Session.
func (*session) Close(context.Context) error { return nil }
