// Package sandbox is an SFTP server in the process: it takes a user with a password or a
// key, keeps files in memory, and refuses what servers refuse. It knows nothing of the
// connector, so that a mistake there is not repeated here.
//
// It may import pkg/sftp, golang.org/x/crypto/ssh, golang.org/x/text, sdk/sandboxkit and
// sdk/spreadsheet.
package sandbox

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented account every sandbox has.
const (
	User       = "files@sandbox.example"
	Password   = "karezsandboxpassword0002" // works in a sandbox only
	Passphrase = "karezsandboxphrase0003"   // works in a sandbox only
	// Home is the folder after login, which Escape in it leads out of.
	Home   = "/data"
	Escape = "escape"
)

// Settings are the server's switches. Their JSON names are the names for Set.
type Settings struct {
	// KeyOnly refuses passwords.
	KeyOnly bool `json:"keyOnly"`
	// Full keeps no byte more: writing fails.
	Full bool `json:"full"`
	// CutUploads hangs up in the middle of the next n uploads.
	CutUploads int `json:"cutUploads"`
	// MaxTries is how many logins that fail end a connection; 0 is six.
	MaxTries int `json:"maxTries"`
	// NoSubsystem lets nobody transfer files.
	NoSubsystem bool `json:"noSubsystem"`
	// CutSessions hangs up on the next n that want to transfer files.
	CutSessions int `json:"cutSessions"`
	// WriteWhileRead has the next n files that are read written at the same time.
	WriteWhileRead int `json:"writeWhileRead"`
	// LoseAnswers carries out the next n renames and removals and hangs up without a word.
	LoseAnswers int `json:"loseAnswers"`
}

// Server is the simulated file server. It is safe for concurrent use.
type Server struct {
	clock    func() time.Time
	listener net.Listener
	host     ssh.Signer
	client   ssh.PublicKey
	key      string
	locked   func() string
	served   sync.WaitGroup

	mu       sync.Mutex
	set      Settings
	nodes    map[string]*node
	links    map[string]string
	conns    map[net.Conn]bool
	writes   map[string]int
	stall    chan struct{}
	held     chan struct{}
	shutDown bool
}

// New starts a server on a free loopback port; clock tells its time. Close ends it.
func New(clock func() time.Time) (*Server, error) {
	s := &Server{clock: clock, conns: map[net.Conn]bool{}}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if s.host, err = ssh.NewSignerFromKey(private); err != nil {
		return nil, err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if s.client, err = ssh.NewPublicKey(public); err != nil {
		return nil, err
	}
	plain, err := ssh.MarshalPrivateKey(private, "sandbox")
	if err != nil {
		return nil, err
	}
	s.key = string(pem.EncodeToMemory(plain))
	s.locked = sync.OnceValue(func() string { // which takes long, as it is meant to
		locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "sandbox", []byte(Passphrase))
		if err != nil {
			panic(err) // the key was written above
		}
		return string(pem.EncodeToMemory(locked))
	})
	s.Reset()
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil { //nolint:noctx // it lives as long as the server
		return nil, err
	}
	s.served.Go(s.accept)
	return s, nil
}

// PrivateKey is the user's key, plain or locked with Passphrase.
func (s *Server) PrivateKey(locked bool) string {
	if locked {
		return s.locked()
	}
	return s.key
}

// Fingerprint is that of the server's key.
func (s *Server) Fingerprint() string { return ssh.FingerprintSHA256(s.host.PublicKey()) }

// Close ends the server and every connection.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.shutDown = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.served.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.shutDown {
			_ = conn.Close()
		}
		s.conns[conn] = true
		s.mu.Unlock()
		s.served.Go(func() {
			s.serve(conn)
			_ = conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// config lets the user in.
func (s *Server) config() *ssh.ServerConfig {
	refused := errors.New("refused")
	s.mu.Lock()
	tries := s.set.MaxTries
	s.mu.Unlock()
	config := &ssh.ServerConfig{
		MaxAuthTries: tries,
		PasswordCallback: func(who ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.set.KeyOnly || who.User() != User || string(password) != Password {
				return nil, refused
			}
			return &ssh.Permissions{}, nil
		},
		PublicKeyCallback: func(who ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if who.User() != User || !bytes.Equal(key.Marshal(), s.client.Marshal()) {
				return nil, refused
			}
			return &ssh.Permissions{}, nil
		},
	}
	config.AddHostKey(s.host)
	return config
}

func (s *Server) serve(conn net.Conn) {
	made, channels, requests, err := ssh.NewServerConn(conn, s.config())
	if err != nil {
		return
	}
	defer func() { _ = made.Close() }()
	s.served.Go(func() { ssh.DiscardRequests(requests) })
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, asked, err := offered.Accept()
		if err != nil {
			return
		}
		s.served.Go(func() { s.session(conn, channel, asked) })
	}
}

// session waits for the subsystem and serves it.
func (s *Server) session(conn net.Conn, channel ssh.Channel, asked <-chan *ssh.Request) {
	for request := range asked {
		s.mu.Lock()
		wanted := request.Type == "subsystem" && strings.HasSuffix(string(request.Payload), "sftp") && !s.set.NoSubsystem
		cut := wanted && s.set.CutSessions > 0
		if cut {
			s.set.CutSessions--
		}
		s.mu.Unlock()
		if cut {
			_ = conn.Close()
			return
		}
		_ = request.Reply(wanted, nil)
		if !wanted {
			continue
		}
		s.served.Go(func() {
			for further := range asked {
				_ = further.Reply(false, nil)
			}
		})
		view := &view{server: s, conn: conn}
		files := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: view, FilePut: view, FileCmd: view, FileList: view}, sftp.WithStartDirectory(Home))
		if err := files.Serve(); errors.Is(err, io.EOF) {
			_ = files.Close()
		}
		_ = channel.Close()
		return
	}
}

// Stall has the server hold its looks at files until the end is called. What it gives
// receives a value when one is held.
func (s *Server) Stall() (held <-chan struct{}, end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stall, s.held = make(chan struct{}), make(chan struct{}, 64)
	stall := s.stall
	return s.held, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(stall)
		s.stall = nil
	})
}

// Credentials gives the settings of a connection that works.
func (s *Server) Credentials() map[string]string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return nil
	}
	return map[string]string{
		"host": host, "port": port, "user": User, "password": Password, "hostKey": s.Fingerprint(), "base": "", "reach": "local",
	}
}

// State counts files and writes, and shows the settings.
func (s *Server) State() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"objects": map[string]int{"file": len(s.names())}, "writeCalls": maps.Clone(s.writes), "settings": s.set}
}

// names are those of all files, in order.
func (s *Server) names() []string {
	var names []string
	for name, n := range s.nodes {
		if !n.dir {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Objects gives the files as {path, size, content}.
func (s *Server) Objects(kind string) ([]json.RawMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []json.RawMessage{}
	for _, name := range s.names() {
		raw, err := json.Marshal(map[string]any{"path": name, "size": len(s.nodes[name].data), "content": string(s.nodes[name].data)})
		if err == nil {
			list = append(list, raw)
		}
	}
	return list, kind == "file"
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
		http.Error(w, "files are served at sftp://"+s.listener.Addr().String(), http.StatusNotFound)
	})
}
