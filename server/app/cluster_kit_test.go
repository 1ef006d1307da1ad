package app_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/server/bus"
	"github.com/karezflow/karez/server/store/storetest"
)

// node is a NATS server in a process of its own.
type node struct {
	t    *testing.T
	args []string
	dir  string
	url  string
	cmd  *exec.Cmd
}

// freePort gives a port on loopback that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no port")
	}
	return at.Port
}

// newNode starts a server that is alone.
func newNode(t *testing.T) *node {
	t.Helper()
	port := freePort(t)
	n := &node{t: t, dir: filepath.Join(t.TempDir(), "nats"), url: fmt.Sprintf("nats://127.0.0.1:%d", port), args: []string{"--port", strconv.Itoa(port)}}
	n.start()
	return n
}

// start starts the process and waits until it listens.
func (n *node) start() {
	n.t.Helper()
	cmd := exec.Command(filepath.Join(programs.dir, "natsnode"), append([]string{"--dir", n.dir}, n.args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.cmd = cmd
	n.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone already
		_ = cmd.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		n.t.Fatal("the NATS server does not start: ", err)
	}
}

// kill ends the process as a power cut would; forget also deletes what it stored.
func (n *node) kill(forget bool) {
	n.t.Helper()
	if err := n.cmd.Process.Kill(); err != nil {
		n.t.Fatal(err)
	}
	_ = n.cmd.Wait()
	if forget {
		if err := os.RemoveAll(n.dir); err != nil {
			n.t.Fatal(err)
		}
	}
}

// plant is an installation of several processes.
type plant struct {
	*served

	node    *node
	workers []*worker
	// watched is the run that moved looks at.
	watched string
	// workerDB is the address of the database that workers use, "" for the same as all.
	workerDB string
}

// worker is a process that serves nobody.
type worker struct {
	cmd    *exec.Cmd
	health string
}

// newPlant starts a process for people and firing on MariaDB and a NATS server, and so many
// workers.
func newPlant(t *testing.T, w *world, nats *node, workers int) *plant {
	t.Helper()
	if w.db == "" {
		w.db = storetest.MySQL(t)
	}
	p := &plant{node: nats}
	p.served = w.serveAs([]string{"--listen", "127.0.0.1:0", "--roles", "api,scheduler", "--nats", nats.url})
	for range workers {
		p.join()
	}
	return p
}

// join adds a worker.
func (p *plant) join() {
	p.t.Helper()
	var ready struct {
		Health string `json:"health"`
	}
	w := &worker{}
	all := *p.world
	if p.workerDB != "" {
		all.db = p.workerDB
	}
	w.cmd = all.process(&ready, []string{"--roles", "worker", "--health", "127.0.0.1:0", "--grace", "10s"}, "KAREZ_NATS="+p.node.url)
	w.health = "http://" + ready.Health
	p.workers = append(p.workers, w)
}

// leave asks a worker to end and waits until it has.
func (w *worker) leave(t *testing.T) {
	t.Helper()
	began := time.Now()
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	t.Logf("a worker left within %s", time.Since(began).Round(time.Millisecond))
}

// kill ends a worker as a power cut would.
func (w *worker) kill(t *testing.T) {
	t.Helper()
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = w.cmd.Wait()
}

// ready gives the status of a worker's /readyz and what it says.
func (p *plant) ready(w *worker) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, w.health+"/readyz", nil)
	p.must(err)
	res, err := http.DefaultClient.Do(req)
	p.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := bufio.NewReader(res.Body).ReadString('\n')
	p.must(err)
	return res.StatusCode, strings.TrimSpace(text)
}

// started runs a flow.
func (p *plant) started(flow string) string {
	p.t.Helper()
	var run seen
	p.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	return run.ID
}

// until waits for a run to be in a state that is good, and gives the time that it took.
func (p *plant) until(run, what string, good func(seen) bool) time.Duration {
	p.t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	var now seen
	for {
		if p.ask("GET", "/runs/"+run, nil, &now); good(now) {
			return time.Since(began)
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("waiting until %s: %+v", what, now)
		case <-ticker.C:
		}
	}
}

// slow makes both systems answer slowly, so that a run lasts long enough to be disturbed.
func (p *plant) slow() {
	// A row that changes while it is read, and whose page is cut off then, comes with a later window.
	p.control(p.jst+"/_sandbox/faults", `{"set":{"churn":{"every":0}}}`)
	p.control(p.jst+"/_sandbox/faults", `{"faults":[{"path":"refund","kind":"delay","delayMs":150,"times":10000}]}`)
	p.control(p.k3+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"delay","delayMs":700,"times":10000}]}`)
}

// moved waits until so many more documents of the watched run were delivered.
func (p *plant) moved(more int) time.Duration {
	p.t.Helper()
	before := -1
	return p.until(p.watched, "documents are delivered", func(s seen) bool {
		if before < 0 {
			before = s.Counts["delivered"]
		}
		if s.State == "done" {
			p.t.Fatal("the run was over before it was disturbed")
		}
		return s.Counts["delivered"] >= before+more
	})
}

// over waits until the watched run is done and what waits for a retry has gone, but for the
// refunds that the data leaves standing.
func (p *plant) over() {
	p.t.Helper()
	const standing = 8
	took := p.until(p.watched, "it is done", func(s seen) bool { return s.State == "done" && s.Counts["retry_at"] == standing })
	p.t.Logf("done after another %s", took.Round(10*time.Millisecond))
	var now seen
	if p.ask("GET", "/runs/"+p.watched, nil, &now); !now.Balanced || now.Counts["accepted"] != 1000 || now.Counts["delivered"] != 916 {
		p.t.Errorf("the run is %+v", now)
	}
	compare(p.t, p.world, "")
	p.sentOnce()
}

// database is a MariaDB server of its own.
type database struct {
	t       *testing.T
	dir     string
	address string
	port    int
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	dir, err := os.MkdirTemp("", "karez-mdb") //nolint:usetesting // a socket's path may not be long
	if err != nil {
		t.Fatal(err)
	}
	d := &database{t: t, dir: dir, port: freePort(t)}
	t.Cleanup(func() {
		_ = exec.Command("../../deploy/mariadb.sh", "stop", dir).Run() // it may be gone
		_ = os.RemoveAll(dir)
	})
	d.start()
	return d
}

func (d *database) start() {
	d.t.Helper()
	cmd := exec.Command("../../deploy/mariadb.sh", "start", d.dir, strconv.Itoa(d.port))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatal(err)
	}
	d.address = strings.TrimSpace(string(out))
}

// kill ends the server as a power cut would.
func (d *database) kill() {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "mariadbd.pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	for err == nil { // until it has gone
		err = syscall.Kill(pid, 0)
	}
}

// say carries statements out as the one who may do all.
func (d *database) say(statements string) {
	d.t.Helper()
	cmd := exec.Command("mariadb", "--no-defaults", "--socket="+filepath.Join(d.dir, "mariadbd.sock"), "--batch")
	cmd.Stdin = strings.NewReader(statements)
	if text, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("%s: %v %s", statements, err, text)
	}
}

// replicas gives on how many servers hints are kept.
func (p *plant) replicas() int {
	p.t.Helper()
	b, err := bus.OpenNats(p.t.Context(), bus.NatsConfig{URL: p.node.url})
	p.must(err)
	standing, err := b.Check(p.t.Context())
	p.must(err)
	p.must(b.Close())
	return standing.Replicas
}

// refused starts a process on the plant's database that must not start, and gives what it said.
func (p *plant) refused(args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(programs.dir, "karez"), append([]string{"serve", "--json", "--db", p.db}, args...)...)
	cmd.Env = p.env
	text, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		p.t.Fatalf("it started: %v %s", err, text)
	}
	return string(text)
}
