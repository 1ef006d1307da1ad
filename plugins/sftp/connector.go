// Command sftp is the connector of files over SFTP: it lists and reads files of a
// folder, writes files under their final name only when they are whole, and moves or
// deletes them afterwards (draft-ietf-secsh-filexfer-02; SSH: RFC 4251 to 4254).
//
// It and its sandbox are the only packages that may import pkg/sftp; besides it
// golang.org/x/crypto/ssh, golang.org/x/text, the standard library, the sdk, and the
// sandbox only where the program is put together.
package main

import (
	"context"
	_ "embed"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/outbound"
)

//go:embed manifest.yaml
var manifestYAML string

// The operations.
const (
	opFiles  = "files"
	opRows   = "rows"
	opPut    = "file.put"
	opCreate = "file.create"
	opMove   = "file.move"
	opDelete = "file.delete"
)

// files implements connector.Connector.
type files struct{ clock func() time.Time }

func newConnector(clock func() time.Time) files { return files{clock} }

// Manifest implements connector.Connector.
func (files) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (c files) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	given := item.Of(account.Settings)
	if item.Check(account.Settings) != nil || given.Kind() != item.Object {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config)
	}
	text := func(key string) string { return strings.TrimSpace(given.Field(key).Text()) }
	s := &session{
		server: text("host"), port: text("port"), user: text("user"), base: text("base"), settle: time.Minute,
		reach: outbound.Reach(text("reach")), clock: c.clock, traces: host,
	}
	if s.port == "" {
		s.port = "22"
	}
	if s.reach == "" {
		s.reach = outbound.Private
	}
	if seconds, err := strconv.Atoi(text("settle")); err == nil {
		s.settle = time.Duration(seconds) * time.Second
	}
	for one := range strings.SplitSeq(text("hostKey"), ",") {
		if one = strings.TrimSpace(one); one != "" {
			s.pinned = append(s.pinned, one)
		}
	}
	return s, s.credentials(account.Secrets)
}

// credentials takes the secrets of a connection.
func (s *session) credentials(secrets map[string]string) error {
	for _, key := range []string{"password", "privateKey", "passphrase"} {
		if secrets[key] != "" {
			s.secrets = append(s.secrets, secrets[key])
		}
	}
	if key := strings.TrimSpace(secrets["privateKey"]); key != "" {
		signer, err := parseKey([]byte(key+"\n"), secrets["passphrase"])
		if err != nil {
			return fault.New("sftp.key_invalid", "the private key cannot be read").At("privateKey").Classed(fault.Config).Unapplied().
				Hinted("paste the whole key in the format of OpenSSH or in PEM, and its passphrase where it has one")
		}
		s.auth = append(s.auth, ssh.PublicKeys(signer))
	}
	if password := secrets["password"]; password != "" {
		s.auth = append(s.auth, ssh.Password(password), ssh.KeyboardInteractive(
			func(_, _ string, questions []string, _ []bool) ([]string, error) {
				return slices.Repeat([]string{password}, len(questions)), nil
			}))
	}
	return nil
}

func parseKey(key []byte, passphrase string) (ssh.Signer, error) { //nolint:ireturn // keys have no other type
	if passphrase == "" {
		return ssh.ParsePrivateKey(key)
	}
	return ssh.ParsePrivateKeyWithPassphrase(key, []byte(passphrase))
}

// session implements connector.Session, Writer and Prober. Each call makes a connection
// of its own: servers hang up on idle ones.
type session struct {
	server, port, user, base string
	pinned, secrets          []string
	auth                     []ssh.AuthMethod
	settle                   time.Duration
	reach                    outbound.Reach
	clock                    func() time.Time
	traces                   connector.Host
}

var (
	_ connector.Writer = (*session)(nil)
	_ connector.Prober = (*session)(nil)
)

func (s *session) address() string { return net.JoinHostPort(s.server, s.port) }

// Check implements connector.Session: it logs in, looks at the base folder and leaves.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	err := s.with(ctx, func(l *line) error {
		_, err := l.folder("")
		return err
	})
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{Account: s.user + " · " + s.server}, nil
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if req.Operation != opFiles && req.Operation != opRows {
		return connector.Page{}, unknown(req.Operation)
	}
	if err := item.Check(req.Params); err != nil {
		return connector.Page{}, err
	}
	search, err := readSearch(item.Of(req.Params), req.Page)
	if err != nil {
		return connector.Page{}, err
	}
	started := s.clock()
	var page connector.Page
	err = s.with(ctx, func(l *line) error {
		if req.Operation == opFiles {
			page, err = l.listPage(search)
			return err
		}
		page, err = l.rowsPage(search)
		return err
	})
	s.trace(ctx, req.Operation, req.Params, started, err)
	return page, err
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "SFTP has no operation %q here", operation).Classed(fault.Config).Unapplied()
}

// trace shows an exchange without the content of files.
func (s *session) trace(ctx context.Context, operation string, params []byte, started time.Time, err error) {
	answer := "ok"
	if err != nil {
		answer = fault.From(err).Message
	}
	s.traces.Trace(ctx, connector.Exchange{
		Method: "SFTP", URL: "sftp://" + s.address() + "/#" + operation, RequestBody: params,
		ResponseBody: item.AppendText(nil, s.hide(answer)), Started: started, Took: s.clock().Sub(started),
	})
}

// hide takes the secrets out of a server's words.
func (s *session) hide(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// Close implements connector.Session.
func (*session) Close(context.Context) error { return nil }
