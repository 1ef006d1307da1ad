// Package sandbox is a mail server in the process: it takes mail with a user and
// password, encrypted or not, keeps it, and refuses what servers refuse. It knows
// nothing of the connector, so that a mistake there is not repeated here.
//
// It is the only package that may import go-smtp and go-sasl; besides these the
// standard library only.
package sandbox

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented account every sandbox has.
const (
	User     = "notice@sandbox.example"
	Password = "karezsandboxpassword0001" // works in a sandbox only
	// Unknown is a recipient that the server does not have.
	Unknown = "nobody@sandbox.example"
)

// Settings are the server's switches. Their JSON names are the names for Set.
type Settings struct {
	// Login asks for user and password before mail.
	Login bool `json:"login"`
	// OwnSender lets the user send under the user's own address only.
	OwnSender bool `json:"ownSender"`
	// PerMinute is how many mails a minute the server takes; 0 takes any number.
	PerMinute int `json:"perMinute"`
	// MaxBytes is the longest mail.
	MaxBytes int `json:"maxBytes"`
	// RefuseWords are refused in a mail as unwanted.
	RefuseWords []string `json:"refuseWords"`
	// Busy makes the next n mails wait (451), LoseAnswers takes the next n and hangs
	// up without a word.
	Busy        int `json:"busy"`
	LoseAnswers int `json:"loseAnswers"`
}

// Server is the simulated mail server. It is safe for concurrent use.
type Server struct {
	clock       func() time.Time
	server      *smtp.Server
	plain, tls  net.Addr
	certificate string
	listeners   []net.Listener
	served      sync.WaitGroup

	mu       sync.Mutex
	set      Settings
	kept     []json.RawMessage
	at       []time.Time
	refusals map[string]int
}

// New starts a server on two free loopback ports, one for STARTTLS or no encryption
// and one that is encrypted from the start; clock tells its time. Close ends it.
func New(clock func() time.Time) (*Server, error) {
	certificate, pem, err := selfSigned()
	if err != nil {
		return nil, err
	}
	s := &Server{clock: clock, certificate: pem}
	s.Reset()
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "sandbox.example"
	s.server.AllowInsecureAuth = true
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = silent{}
	s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if s.plain, err = s.listen(nil); err != nil {
		return nil, err
	}
	if s.tls, err = s.listen(s.server.TLSConfig); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) listen(config *tls.Config) (net.Addr, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it lives as long as the server
	if err != nil {
		return nil, err
	}
	at := listener.Addr()
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	s.listeners = append(s.listeners, listener)
	s.served.Go(func() { _ = s.server.Serve(listener) }) // it ends by Close
	return at, nil
}

// Close ends the server and every connection.
func (s *Server) Close() error {
	for _, listener := range s.listeners {
		// The library closes only those that it serves already.
		_ = listener.Close()
	}
	s.served.Wait()
	err := s.server.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// silent keeps the library from writing to the process's log.
type silent struct{}

// Printf implements smtp.Logger.
func (silent) Printf(string, ...any) {}

// Println implements smtp.Logger.
func (silent) Println(...any) {}

// Reset forgets all mail and settings.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = Settings{Login: true, OwnSender: true, MaxBytes: 1 << 20}
	s.kept, s.at, s.refusals = nil, nil, map[string]int{}
}

// Credentials gives the settings of a connection that works.
func (s *Server) Credentials() map[string]string {
	return map[string]string{
		"host": "127.0.0.1", "port": port(s.plain), "security": "starttls", "user": User, "password": Password,
		"from": "坎儿井通知 <" + User + ">", "to": "ops@sandbox.example", "trust": s.certificate,
	}
}

func port(at net.Addr) string {
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return ""
	}
	return port
}

// TLSPort is the port that is encrypted from the start.
func (s *Server) TLSPort() string { return port(s.tls) }

// State counts mails and refusals by code, and shows the settings and the second port.
func (s *Server) State() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{
		"objects": map[string]int{"message": len(s.kept)}, "writeCalls": map[string]int{"message.send": len(s.kept)},
		"refusals": maps.Clone(s.refusals), "settings": s.set, "tlsPort": s.TLSPort(),
	}
}

// Objects gives the mails as {from, to, subject, messageId, headers, text, html}.
func (s *Server) Objects(kind string) ([]json.RawMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]json.RawMessage{}, s.kept...), kind == "message"
}

// Set changes one of the settings.
func (s *Server) Set(name string, value json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := sandboxkit.With(s.set, name, value)
	if err != nil {
		return err
	}
	s.set = changed
	return nil
}

// Handler says over HTTP where the server is.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "mail is taken at smtp://"+s.plain.String()+" and, encrypted from the start, at "+s.tls.String(), http.StatusNotFound)
	})
}

// refuse counts a refusal.
func (s *Server) refuse(code int, enhanced smtp.EnhancedCode, words string) error {
	s.refusals[strconv.Itoa(code)]++
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
}
