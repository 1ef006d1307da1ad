// Command testplugin is a connector that behaves and misbehaves on request. Its
// tests append a line of JSON to the executable, which says what it is; without one
// it is called "testplugin" and behaves.
//
// It is built by tests only and may import the sdk.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol"
)

// trailer is the appended line: "\n#karez:{...}".
type trailer struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Mode    string `json:"mode"`
	// Hosts are those of the manifest, none declared where it is absent.
	Hosts json.RawMessage `json:"hosts"`
	// Icon is the manifest's.
	Icon string `json:"icon"`
}

// more are the manifest's lines about the icon and the network.
func (t trailer) more() string {
	lines := ""
	if t.Icon != "" {
		lines = "icon: " + t.Icon + "\n"
	}
	if t.Hosts != nil {
		lines += "hosts: " + string(t.Hosts) + "\n"
	}
	return lines
}

func main() {
	t := self()
	switch t.Mode {
	case "garbage":
		_, _ = os.Stdout.WriteString("Usage: something [options]\n")
		time.Sleep(time.Hour)
	case "exit":
		_, _ = os.Stderr.WriteString("no licence file\n")
		os.Exit(1)
	case "exit-later":
		// Ready once, and then never again.
		if _, err := os.Stat("started"); err == nil {
			os.Exit(1)
		}
		_ = os.WriteFile("started", nil, 0o600)
	case "silent":
		time.Sleep(time.Hour)
	case "future":
		_, _ = os.Stdout.WriteString("1|99|unix|/nowhere|grpc\n")
		time.Sleep(time.Hour)
	case "immortal":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	}
	if len(os.Args) > 1 && os.Args[1] == "sleep" {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		time.Sleep(time.Hour)
	}
	protocol.Main(protocol.Program{Connector: program{t}, Sandbox: sandbox})
}

// self reads what the executable is told to be.
func self() trailer {
	t := trailer{ID: "testplugin", Version: "1.0.0"}
	path, err := os.Executable()
	if err != nil {
		return t
	}
	t.ID, _, _ = strings.Cut(filepath.Base(path), "@")
	file, err := os.Open(path) //nolint:gosec // itself
	if err != nil {
		return t
	}
	defer func() { _ = file.Close() }()
	tail := make([]byte, 512)
	info, err := file.Stat()
	if err != nil {
		return t
	}
	_, _ = file.ReadAt(tail, info.Size()-int64(len(tail)))
	if _, line, found := bytes.Cut(tail, []byte("\n#karez:")); found {
		_ = json.Unmarshal(line, &t)
	}
	return t
}

type program struct{ is trailer }

func (p program) Manifest() []byte {
	if p.is.Mode == "bad-manifest" {
		return []byte("id: [")
	}
	return fmt.Appendf(nil, `id: %s
version: %s
title: {zh: 测试, en: Test}
timeZone: Asia/Shanghai
settings:
  - {key: token, kind: text, secret: true, title: {zh: 令牌, en: Token}}
  - {key: address, kind: url, title: {zh: 地址, en: Address}}
rules:
  - {class: rate, codes: ["429"], wait: 3s}
%soperations:
  - {name: echo, kind: query, title: {zh: 回声, en: Echo}, object: echo, paging: {strategy: none, defaultSize: 1, maxSize: 1}, request: []}
`, p.is.ID, p.is.Version, p.is.more())
}

func (p program) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := &session{program: p, account: account, host: host}
	if p.is.Mode == "writer" {
		return &writer{s}, nil
	}
	return s, nil
}

type session struct {
	program
	account connector.Account
	host    connector.Host
}

// Check tells who serves the connection.
func (s *session) Check(context.Context) (connector.Health, error) {
	return connector.Health{Account: s.account.ID + "@" + s.is.Version}, nil
}

// Query does what the operation's name says.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	switch req.Operation {
	case "pid":
		return text(strconv.Itoa(os.Getpid())), nil
	case "env":
		return text(strings.Join(os.Environ(), "\n")), nil
	case "stdin":
		n, err := os.Stdin.Read(make([]byte, 1))
		return text(fmt.Sprint(n, err)), nil
	case "cwd":
		dir, err := os.Getwd()
		return text(dir), err
	case "crash":
		go func() { panic("all is lost, token " + s.account.Secrets["token"]) }()
		<-ctx.Done()
	case "exit":
		os.Exit(7)
	case "hang":
		// Not even the end of the call ends it.
		s.host.Log(ctx, connector.Info, "hanging", nil)
		select {}
	case "wait":
		s.host.Log(ctx, connector.Info, "waiting", nil)
		<-ctx.Done()
		return connector.Page{}, ctx.Err()
	case "until":
		// Until the file of that name exists in the process's folder.
		s.host.Log(ctx, connector.Info, "waiting", nil)
		for ctx.Err() == nil {
			if _, err := os.Stat(string(req.Params)); err == nil {
				return text("done"), nil
			}
			time.Sleep(5 * time.Millisecond)
		}
		return connector.Page{}, ctx.Err()
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		<-ctx.Done()
	case "fork":
		return fork()
	case "flood":
		flood()
	case "huge":
		return connector.Page{Rows: make([]byte, 65<<20)}, nil
	case "refuse":
		return connector.Page{}, fault.New("vendor.429", "too fast, token %s", s.account.Secrets["token"]).Arg("token", s.account.Secrets["token"])
	case "print":
		fmt.Fprintln(os.Stderr, "the token is "+s.account.Secrets["token"])
	case "eat", "threads", "read", "write", "dial", "gate", "kill", "leave", "trace", "scribble", "junk", "limits":
		return misbehave(ctx, req.Operation, string(req.Params))
	case "state":
		now, err := s.host.State().Get(ctx)
		return text(string(now.Value)), err
	}
	return text(req.Operation), nil
}

func (s *session) Close(ctx context.Context) error {
	s.host.Log(ctx, connector.Info, "closed", nil)
	return nil
}

// fork leaves a process behind that ignores signals, and tells its number.
func fork() (connector.Page, error) {
	path, err := os.Executable()
	if err != nil {
		return connector.Page{}, err
	}
	cmd := exec.Command(path, "sleep") //nolint:noctx,gosec // itself, left behind on purpose
	cmd.Stdout, cmd.Stderr = os.Stdout, os.NewFile(2, "stderr")
	if err := cmd.Start(); err != nil {
		return connector.Page{}, err
	}
	return text(strconv.Itoa(cmd.Process.Pid)), nil
}

// flood writes 64 MiB of lines, one of them a MiB long, to the true standard error.
func flood() {
	stderr := os.NewFile(2, "stderr")
	_, _ = stderr.Write(append(bytes.Repeat([]byte("long "), 1<<18), '\n'))
	block := bytes.Repeat([]byte("the same line again\n"), 1<<12)
	for range (64 << 20) / len(block) {
		_, _ = stderr.Write(block)
	}
}

// text gives a page with one string in it.
func text(s string) connector.Page {
	rows, _ := json.Marshal([]string{s})
	return connector.Page{Rows: rows, Total: 1}
}

// writer is a session that writes.
type writer struct{ *session }

func (w *writer) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if batch.Operation == "exit" {
		os.Exit(7)
	}
	if batch.Operation == "wait" {
		<-ctx.Done()
		return connector.Answers{}, ctx.Err()
	}
	answers := connector.Answers{}
	for _, key := range batch.Keys {
		answers.Rows = append(answers.Rows, connector.Answer{Outcome: connector.Done, ID: key})
	}
	return answers, nil
}

func sandbox(clock func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, clock().UTC().Format(time.RFC3339))
	})
}
