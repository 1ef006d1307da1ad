package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	from   string
	to     []string
}

func (s *Server) session(conn *smtp.Conn) (smtp.Session, error) { //nolint:ireturn // the library's contract
	return &session{server: s, conn: conn}, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession.
func (c *session) Auth(string) (sasl.Server, error) { //nolint:ireturn // the library's contract
	return sasl.NewPlainServer(func(_, user, password string) error {
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		if user != User || password != Password {
			return c.server.refuse(535, smtp.EnhancedCode{5, 7, 8}, "Error: authentication failed")
		}
		c.user = user
		return nil
	}), nil
}

// Reset implements smtp.Session.
func (c *session) Reset() { c.from, c.to = "", nil }

// Logout implements smtp.Session.
func (*session) Logout() error { return nil }

// Mail implements smtp.Session.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.set.Login && c.user == "":
		return s.refuse(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")
	case s.set.OwnSender && c.user != "" && from != c.user:
		return s.refuse(553, smtp.EnhancedCode{5, 7, 1}, "Sender address rejected: not owned by user")
	case s.full():
		return s.refuse(450, smtp.EnhancedCode{4, 7, 1}, "Error: too many messages, try again later")
	case s.set.Busy > 0:
		s.set.Busy--
		return s.refuse(451, smtp.EnhancedCode{4, 3, 0}, "Local error in processing")
	default:
		c.from = from
		return nil
	}
}

// full tells whether the last minute has taken all it takes.
func (s *Server) full() bool {
	recent, now := 0, s.clock()
	for _, at := range s.at {
		if now.Sub(at) < time.Minute {
			recent++
		}
	}
	return s.set.PerMinute > 0 && recent >= s.set.PerMinute
}

// Rcpt implements smtp.Session.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if to == Unknown {
		return c.server.refuse(550, smtp.EnhancedCode{5, 1, 1}, "User unknown")
	}
	c.to = append(c.to, to)
	return nil
}

// Data implements smtp.Session.
func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(raw) > s.set.MaxBytes {
		return s.refuse(552, smtp.EnhancedCode{5, 3, 4}, "Message size exceeds fixed limit")
	}
	letter, err := read(raw)
	if err != nil {
		return s.refuse(554, smtp.EnhancedCode{5, 6, 0}, "Message cannot be read: "+err.Error())
	}
	for _, word := range s.set.RefuseWords {
		if strings.Contains(letter.Text+letter.Subject, word) {
			return s.refuse(554, smtp.EnhancedCode{5, 7, 1}, "Message rejected as unwanted")
		}
	}
	letter.Envelope = envelope{From: c.from, To: c.to}
	kept, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	s.kept = append(s.kept, kept)
	s.at = append(s.at, s.clock())
	if s.set.LoseAnswers > 0 {
		s.set.LoseAnswers--
		return c.conn.Conn().Close()
	}
	return nil
}

// letter is a mail as it was understood.
type letter struct {
	Envelope  envelope          `json:"envelope"`
	From      string            `json:"from"`
	To        []string          `json:"to"`
	Subject   string            `json:"subject"`
	MessageID string            `json:"messageId"`
	Headers   map[string]string `json:"headers"`
	Text      string            `json:"text"`
	HTML      string            `json:"html"`
}

type envelope struct {
	From string   `json:"from"`
	To   []string `json:"to"`
}

// read understands a mail of one part, or of alternatives.
func read(raw []byte) (letter, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return letter{}, err
	}
	out := letter{Headers: map[string]string{}}
	for name := range m.Header {
		out.Headers[name] = m.Header.Get(name)
	}
	decoder := mime.WordDecoder{}
	if out.Subject, err = decoder.DecodeHeader(m.Header.Get("Subject")); err != nil {
		return letter{}, err
	}
	if out.From, err = decoder.DecodeHeader(m.Header.Get("From")); err != nil {
		return letter{}, err
	}
	out.MessageID = strings.Trim(m.Header.Get("Message-Id"), "<>")
	people, err := m.Header.AddressList("To")
	if err != nil {
		return letter{}, err
	}
	for _, one := range people {
		out.To = append(out.To, one.Address)
	}
	return out, out.body(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

// body reads a part and what it holds.
func (l *letter) body(contentType, encoding string, r io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if strings.EqualFold(encoding, "quoted-printable") {
			r = quotedprintable.NewReader(r)
		}
		text, err := io.ReadAll(r)
		if kind == "text/html" {
			l.HTML = string(text)
		} else {
			l.Text = string(text)
		}
		return err
	}
	for parts := multipart.NewReader(r, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.body(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return err
		}
	}
}
