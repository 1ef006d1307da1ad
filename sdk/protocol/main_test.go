package protocol_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/protocol"
)

func runMain(t *testing.T, p protocol.Program, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = protocol.Run(t.Context(), p, args, strings.NewReader(""), &out, &complaints)
	return code, out.String(), complaints.String()
}

func TestArguments(t *testing.T) {
	t.Parallel()
	full := protocol.Program{Connector: program{}, Sandbox: sandbox}
	cases := map[string]struct {
		program        protocol.Program
		args           string
		code           int
		stdout, stderr string
	}{
		"manifest":           {full, "--manifest", 0, "id: words\nversion: 1.0.0\n", ""},
		"help":               {full, "--help", 0, "--sandbox ADDR", ""},
		"unknown flag":       {full, "--serve", 2, "", "--sandbox ADDR"},
		"stray argument":     {full, "now", 2, "", `"now"`},
		"clock alone":        {full, "--now 2026-03-01T00:00:00Z", 2, "", "--now goes with --sandbox"},
		"all interfaces":     {full, "--sandbox 0.0.0.0:0", 1, "", "sandbox.address_refused"},
		"no host":            {full, "--sandbox :0", 1, "", "sandbox.address_refused"},
		"other machine":      {full, "--sandbox 192.0.2.7:80", 1, "", "sandbox.address_refused"},
		"name":               {full, "--sandbox example.test:80", 1, "", "sandbox.address_refused"},
		"no port":            {full, "--sandbox 127.0.0.1", 1, "", "sandbox.address_refused"},
		"impossible port":    {full, "--sandbox 127.0.0.1:99999", 1, "", "sandbox.address_unusable"},
		"bad clock":          {full, "--sandbox 127.0.0.1:0 --now yesterday", 1, "", "sandbox.now_invalid"},
		"no sandbox shipped": {protocol.Program{Connector: program{}}, "--sandbox 127.0.0.1:0", 1, "", "sandbox.none"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runMain(t, c.program, strings.Fields(c.args)...)
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("%d, %q, %q; want %d, %q, %q", code, stdout, stderr, c.code, c.stdout, c.stderr)
			}
			if (code == 0) != (stderr == "") || (code != 0) != (stdout == "") {
				t.Errorf("status %d with output %q and complaint %q", code, stdout, stderr)
			}
		})
	}
}

// sandboxProcess is this binary serving its sandbox.
type sandboxProcess struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	url    string
}

func startSandbox(t *testing.T, args ...string) *sandboxProcess {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = []string{roleKey + "=good"}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &sandboxProcess{cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := s.stdout.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready map[string]string
	if err := json.Unmarshal(line, &ready); err != nil || len(ready) != 1 {
		t.Fatalf("first line %q: %v", line, err)
	}
	s.url = ready["url"]
	return s
}

// end waits for the process and reports what else it printed.
func (s *sandboxProcess) end(t *testing.T) (rest string, code int) {
	t.Helper()
	more, err := io.ReadAll(s.stdout)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	return string(more), s.cmd.ProcessState.ExitCode()
}

func TestSandboxRunsOnItsOwnClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2021, 5, 1, 8, 0, 0, 0, time.FixedZone("", 8*3600))
	s := startSandbox(t, "--sandbox", "localhost:0", "--now", start.Format(time.RFC3339))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	told, err := time.Parse(time.RFC3339, string(body))
	if err != nil {
		t.Fatal(err)
	}
	dated, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{"handler": told, "Date": dated} {
		if at.Before(start) || at.After(start.Add(time.Minute)) {
			t.Errorf("%s says %v, want a moment after %v", name, at, start)
		}
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, code := s.end(t); code != 0 || rest != "" {
		t.Errorf("ended with status %d after printing %q", code, rest)
	}
}

func TestSandboxEndsWithItsInput(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, "--sandbox", "127.0.0.1:0")
	if err := s.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, code := s.end(t); code != 0 || rest != "" {
		t.Errorf("ended with status %d after printing %q", code, rest)
	}
}

func TestByHandAConnectorSaysWhatItIs(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = []string{roleKey + "=good"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "This is a Karez connector") {
		t.Errorf("%v, %q", err, out)
	}
}

// An engine that is killed leaves no connector behind: the end of the inherited
// file ends the whole group, even when signals are ignored.
func TestAProcessEndsWithItsEngine(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	key, value, _ := protocol.Handshake()
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = []string{roleKey + "=immortal", key + "=" + value, "PLUGIN_PROTOCOL_VERSIONS=1", "KAREZ_LIFELINE=3", "TMPDIR=" + shortDir(t)}
	cmd.ExtraFiles = []*os.File{read}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = read.Close()
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Fatalf("the process ended too early: %v", err)
	}
	_ = write.Close()
	_ = cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("ended as %v, want killed by itself", cmd.ProcessState)
	}
}
