package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

// loginTime bounds the way to a session that is ready.
const loginTime = 30 * time.Second

// line is a connection that is logged in.
type line struct {
	*sftp.Client

	session *session
	ctx     context.Context //nolint:containedctx // a line lives as long as one call
	// base is the real path of the base folder.
	base string
}

// with makes a connection, has run use it and hangs up. What comes before run can have
// changed nothing, so its faults are marked Unapplied.
func (s *session) with(ctx context.Context, run func(*line) error) error {
	if ctx.Err() != nil {
		return s.broken(ctx, ctx.Err()).Unapplied()
	}
	if len(s.auth) == 0 {
		return fault.New("sftp.login_missing", "there is neither a password nor a private key").At("password").Classed(fault.Config).Unapplied().
			Hinted("enter one of the two, whichever the server allows")
	}
	conn, err := outbound.Dialer(s.reach)(ctx, "tcp", s.address())
	if err != nil {
		return s.undialled(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		stop()
		_ = conn.Close()
	}()
	client, err := s.login(ctx, conn)
	if err != nil {
		return err
	}
	files, err := sftp.NewClient(client)
	if err != nil {
		defer func() { _ = client.Close() }()
		// Whether the server refuses or the connection broke shows in the next answer.
		if _, _, broke := client.SendRequest("keepalive@openssh.com", true, nil); broke != nil || ctx.Err() != nil {
			return s.broken(ctx, err).Unapplied()
		}
		return fault.New("sftp.subsystem_missing", "the server offers no SFTP to this user: %s", s.hide(err.Error())).Classed(fault.Config).Unapplied()
	}
	defer func() {
		// The connection ends first: a server need not answer to the end of a session.
		_ = client.Close()
		_ = files.Close()
	}()
	l := &line{Client: files, session: s, ctx: ctx}
	wanted := s.base
	if wanted == "" {
		wanted = "."
	}
	if l.base, err = files.RealPath(wanted); err != nil {
		return l.unfound(err, s.base).Unapplied()
	}
	return run(l)
}

// login shakes hands, compares the server's key and logs in.
func (s *session) login(ctx context.Context, conn net.Conn) (*ssh.Client, error) {
	var strange *fault.Fault
	config := &ssh.ClientConfig{
		User: s.user, Auth: s.auth, Timeout: loginTime,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if strange = s.known(ssh.FingerprintSHA256(key)); strange != nil {
				return strange
			}
			return nil
		},
	}
	_ = conn.SetDeadline(time.Now().Add(loginTime)) //nolint:forbidigo // deadlines of sockets are on the machine's clock
	made, channels, requests, err := ssh.NewClientConn(conn, s.address(), config)
	if err == nil {
		_ = conn.SetDeadline(time.Time{})
		return ssh.NewClient(made, channels, requests), nil
	}
	var late net.Error
	words := err.Error()
	switch {
	case strange != nil:
		return nil, strange
	case ctx.Err() != nil, errors.As(err, &late) && late.Timeout():
		return nil, s.broken(ctx, err).Unapplied()
	case strings.Contains(words, "unable to authenticate"), strings.Contains(words, "uthentication failures"), strings.Contains(words, "disconnect, reason 14"):
		return nil, fault.New("sftp.login_refused", "the server refuses the login of %s", s.user).Classed(fault.Auth).Unapplied().
			Hinted("check user, password and private key, and which of these the server allows")
	case strings.Contains(words, "no common algorithm"), strings.Contains(words, "overflow reading version"):
		return nil, fault.New("sftp.handshake_failed", "the server and the engine agree on no SSH: %s", s.hide(words)).Classed(fault.Config).Unapplied().
			Hinted("check host and port; very old servers offer insecure algorithms only")
	default:
		return nil, s.broken(ctx, err).Unapplied()
	}
}

// known compares the fingerprint of a server's key with those of the settings. It is
// never skipped.
func (s *session) known(shown string) *fault.Fault {
	if len(s.pinned) == 0 {
		return fault.New("sftp.host_key_missing", "the server's key is not confirmed yet: it shows %s", shown).At("hostKey").Classed(fault.Config).Unapplied().
			Hinted("compare the fingerprint with the server's administrator, then enter it in the connection")
	}
	if slices.Contains(s.pinned, shown) {
		return nil
	}
	return fault.New("sftp.host_key_differs", "the server shows the key %s, which is not the one of the connection", shown).At("hostKey").Classed(fault.Config).Unapplied().
		Hinted("somebody may stand between; ask the server's administrator whether the key was changed before you enter the new one")
}

// undialled tells why there is no connection.
func (s *session) undialled(ctx context.Context, err error) error {
	var own *fault.Fault
	switch {
	case errors.As(err, &own):
		return own
	case ctx.Err() != nil:
		return s.broken(ctx, err).Unapplied()
	default:
		return fault.New("sftp.unreachable", "the SFTP server could not be reached: %s", s.hide(err.Error())).Classed(fault.Transient).Unapplied().
			Hinted("check host and port")
	}
}

// broken tells of a connection that ended before the server said yes or no.
func (s *session) broken(ctx context.Context, err error) *fault.Fault {
	var late net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.New("sftp.cancelled", "the call was called off").Classed(fault.Transient).Because(context.Canceled)
	case ctx.Err() != nil, errors.As(err, &late) && late.Timeout():
		return fault.New("sftp.timeout", "the SFTP server did not answer in time").Classed(fault.Transient).
			Hinted("check host, port and firewall, and try again")
	default:
		return fault.New("sftp.cut", "the connection to the SFTP server broke: %s", s.hide(err.Error())).Classed(fault.Transient).
			Hinted("the server or a firewall ends connections: try again, and see whether the server lets only listed addresses in")
	}
}

// told reads what a server says of a path. Status codes refuse; anything else is a
// connection that ended, after which nobody knows.
func (l *line) told(err error, name string) *fault.Fault {
	var (
		own    *fault.Fault
		status *sftp.StatusError
	)
	switch {
	case errors.As(err, &own):
		return own
	case l.ctx.Err() != nil:
		return l.session.broken(l.ctx, err)
	case errors.Is(err, fs.ErrNotExist):
		return fault.New("sftp.missing", "%s is not there", shown(name)).Classed(fault.Data).Unapplied()
	case errors.Is(err, fs.ErrPermission):
		return fault.New("sftp.denied", "the user may not do this with %s", shown(name)).Classed(fault.Config).Unapplied().
			Hinted("ask the server's administrator for the rights to the folder")
	case errors.As(err, &status) && status.FxCode() != sftp.ErrSSHFxNoConnection && status.FxCode() != sftp.ErrSSHFxConnectionLost:
		return fault.New("sftp.refused", "the server refuses this with %s: %s", shown(name), l.session.hide(status.Error())).Classed(fault.Config).Unapplied().
			Hinted("servers say no more than that: look at free space, rights and quota")
	default:
		return l.session.broken(l.ctx, err)
	}
}

func shown(name string) string {
	if name == "" {
		return "/"
	}
	return name
}

// folder gives the real path of a folder below the base: links lead no further.
func (l *line) folder(relative string) (string, error) {
	at, err := l.RealPath(path.Join(l.base, relative))
	if err != nil {
		return "", l.unfound(err, relative)
	}
	if !within(l.base, at) {
		return "", outside(relative)
	}
	info, err := l.Stat(at)
	if err != nil {
		return "", l.unfound(err, relative)
	}
	if !info.IsDir() {
		return "", fault.New("sftp.not_a_folder", "%s is no folder", shown(relative)).Classed(fault.Config).Unapplied()
	}
	return at, nil
}

// unfound is told of a folder, which settings name: one that lacks is theirs to mend.
func (l *line) unfound(err error, name string) *fault.Fault {
	f := l.told(err, name)
	if f.Code == "sftp.missing" {
		return f.Classed(fault.Config)
	}
	return f
}

func within(base, at string) bool {
	return at == base || strings.HasPrefix(at, strings.TrimSuffix(base, "/")+"/")
}

// place gives the real path of a file below the base, which need not be there.
func (l *line) place(relative string) (string, error) {
	folder, err := l.folder(below(path.Dir(relative)))
	if err != nil {
		return "", err
	}
	return path.Join(folder, path.Base(relative)), nil
}

func below(folder string) string {
	if folder == "." {
		return ""
	}
	return folder
}

// relative reads a path below the base folder.
func relative(text string) (string, error) {
	if strings.HasPrefix(text, "/") || strings.ContainsAny(text, "\x00\\\r\n") {
		return "", outside(text)
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == ".." {
			return "", outside(text)
		}
	}
	return below(path.Clean(text)), nil
}

func outside(text string) *fault.Fault {
	return fault.New("sftp.path_refused", "%s does not lie below the base folder", shown(text)).Classed(fault.Data).Unapplied().
		Hinted("paths are relative to the base folder, with / between folders and without ..")
}
