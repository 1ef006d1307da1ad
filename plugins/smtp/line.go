package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

const (
	// stepTime bounds each command on a connection.
	stepTime = 60 * time.Second
)

// line is a connection that is logged in.
type line struct {
	session *session
	client  *gomail.Client
	smtp    *smtp.Client
	release func()
}

// dial makes a connection and logs in. Nothing of it can have sent a mail, so its
// faults are marked Unapplied. The caller ends the line.
func (s *session) dial(ctx context.Context) (*line, error) {
	l := &line{session: s, release: func() {}}
	client, err := gomail.NewClient(s.host, s.options(ctx, l)...)
	if err != nil {
		return nil, fault.New("http.bad_url", "the address of the system is not a valid URL").Classed(fault.Config).Unapplied().
			Hinted("check the address in the connection's settings")
	}
	l.client = client
	if l.smtp, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		l.release()
		return nil, s.undialled(ctx, err)
	}
	return l, nil
}

// options are the library's. The connection is made here, so that the end of the call
// ends it: the library looks at its context only while it dials.
func (s *session) options(ctx context.Context, l *line) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(stepTime), gomail.WithTLSConfig(s.tls), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(dialling context.Context, network, address string) (net.Conn, error) {
			conn, err := outbound.Dialer(outbound.Local)(dialling, network, address)
			if err != nil {
				return nil, err
			}
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			l.release = func() {
				stop()
				_ = conn.Close()
			}
			if s.security != implicitTLS {
				return conn, nil
			}
			secured := tls.Client(conn, s.tls)
			return secured, secured.HandshakeContext(dialling)
		}),
	}
	switch s.security {
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case noTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default: // encrypted already; the server offers no STARTTLS inside
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.user == "" {
		return options
	}
	mechanisms := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5}
	if s.security == noTLS {
		mechanisms = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return append(options, gomail.WithOpportunisticSMTPAuth(mechanisms...), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
}

// end leaves in good manners and hangs up.
func (l *line) end(ctx context.Context) {
	if ctx.Err() == nil {
		_ = l.client.CloseWithSMTPClient(l.smtp) // the mail is away, or its fault told
	}
	l.release()
}

// send sends a letter and gives the server's words.
func (l *line) send(ctx context.Context, letter *gomail.Msg) (string, error) {
	err := l.client.SendWithSMTPClient(l.smtp, letter)
	if err == nil || letter.IsDelivered() {
		return strings.TrimSpace(letter.ServerResponse()), nil
	}
	var told *gomail.SendError
	if !errors.As(err, &told) {
		return "", l.session.broken(ctx, err).Unapplied()
	}
	words := l.session.hide(told.Error())
	if code := told.ErrorCode(); code != 0 {
		f := refused(code, words)
		if code >= 500 && told.Reason == gomail.ErrSMTPMailFrom && f.Class == fault.Data {
			f = f.Classed(fault.Config).Advised("the server does not let this sender send; enter the address that belongs to the user",
				"服务器不接受这个发件人，请填写该用户自己的邮箱地址")
		}
		return "", f
	}
	f := l.session.broken(ctx, err)
	if told.Reason != gomail.ErrSMTPDataClose {
		f = f.Unapplied() // a mail without its end is thrown away (RFC 5321 section 4.1.1.4)
	}
	return "", f
}

// undialled tells why there is no connection.
func (s *session) undialled(ctx context.Context, err error) *fault.Fault {
	var (
		said      *textproto.Error
		unknown   x509.UnknownAuthorityError
		wrongName x509.HostnameError
		invalid   x509.CertificateInvalidError
		header    tls.RecordHeaderError
		operation *net.OpError
	)
	words := s.hide(err.Error())
	switch {
	case ctx.Err() != nil:
		return s.broken(ctx, err).Unapplied()
	case errors.As(err, &said):
		return refused(said.Code, words)
	case errors.As(err, &unknown), errors.As(err, &wrongName), errors.As(err, &invalid), errors.As(err, &header):
		return fault.New("smtp.tls_refused", "no encrypted connection could be made: %s", words).Classed(fault.Config).Unapplied().
			Hinted("check host, port and the kind of encryption; for a certificate of your own, enter it as the one to trust")
	case errors.As(err, &operation) && operation.Op == "dial":
		return fault.New("smtp.unreachable", "the mail server could not be reached: %s", words).Classed(fault.Transient).Unapplied().
			Hinted("check host and port; many clouds block port 25")
	case strings.Contains(words, "STARTTLS"):
		return fault.New("smtp.tls_missing", "the mail server does not offer STARTTLS").Classed(fault.Config).Unapplied().
			Hinted("use SSL/TLS, mostly on port 465")
	case strings.Contains(words, "AUTH") || errors.Is(err, gomail.ErrNoSupportedAuthDiscovered):
		return fault.New("smtp.login_unsupported", "the mail server offers no way to log in that is known here: %s", words).Classed(fault.Config).Unapplied()
	default:
		return s.broken(ctx, err).Unapplied()
	}
}

// broken tells of a connection that ended before the server said yes or no.
func (s *session) broken(ctx context.Context, err error) *fault.Fault {
	var late net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.New("smtp.cancelled", "the call was called off").Classed(fault.Transient).Because(context.Canceled)
	case ctx.Err() != nil, errors.As(err, &late) && late.Timeout():
		return fault.New("smtp.timeout", "the mail server did not answer in time").Classed(fault.Transient).
			Hinted("check host, port and firewall, and whether the port fits the way of encryption: 465 TLS, 587 STARTTLS")
	default:
		return fault.New("smtp.cut", "the connection to the mail server broke: %s", s.hide(err.Error())).Classed(fault.Transient).
			Hinted("check whether the port fits the way of encryption, and try again")
	}
}

// refused reads a reply code (RFC 5321 section 4.2, for logins RFC 4954 section 6):
// 4xx passes, 5xx does not. Providers tell of too many mails under several codes, in
// words only.
func refused(code int, words string) *fault.Fault {
	f := fault.New("vendor."+strconv.Itoa(code), "%s", words).Unapplied()
	switch {
	case tooMany(words):
		return f.Classed(fault.Rate).After(5*time.Minute).Advised("the server takes no more mail for now; it is sent again later",
			"邮件服务器暂时不再接收（发送过于频繁或达到上限），稍后自动重试")
	case code < 500:
		return f.Classed(fault.Transient).After(time.Minute).Advised("the server is busy or tests whether the mail comes again; it does",
			"邮件服务器暂时拒绝（繁忙或灰名单），稍后自动重试")
	case code == 530 || code == 534 || code == 535 || code == 538:
		return f.Classed(fault.Auth).Advised("check user and password; many providers want an authorisation code instead of the password",
			"请检查用户名和密码；很多邮箱要求使用授权码而不是登录密码，并先开启 SMTP 服务")
	case code == 502 || code == 503 || code == 504:
		return f.Classed(fault.Config).Advised("the server does not accept the command; check user, encryption and port",
			"服务器不接受这个命令，请检查用户、加密方式和端口")
	default:
		return f.Classed(fault.Data).Advised("the server does not take this mail; check recipients and content",
			"服务器不接收这封邮件，请检查收件人和内容")
	}
}

func tooMany(words string) bool {
	return regexp.MustCompile(`(?i)too many (messages|mails|emails|connections)|rate.?limit|frequency|(sending|daily|hourly).*(limit|quota)|过于频繁|频率`).MatchString(words)
}
