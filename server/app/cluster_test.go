package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/server/store/storetest"
)

// TestSeveralProcesses is the whole job with one process for people and firing and another
// one that works.
func TestSeveralProcesses(t *testing.T) {
	t.Parallel()
	turn(t)
	p := newPlant(t, newWorld(t).recent(), newNode(t), 1)
	if status, text := p.ready(p.workers[0]); status != http.StatusOK {
		t.Errorf("the worker is not ready: %d %s", status, text)
	}
	// Neither one with another key nor one that takes itself for the only one may join.
	if text := p.refused("--data", t.TempDir(), "--roles", "worker", "--nats", p.node.url); !strings.Contains(text, "secret.key_differs") {
		t.Errorf("with another key: %s", text)
	}
	if text := p.refused("--data", p.data, "--listen", "127.0.0.1:0"); !strings.Contains(text, "serve.not_alone") {
		t.Errorf("alone: %s", text)
	}
	run := p.started(p.settle())
	events := p.watch(run, "")
	if last := events[len(events)-1].Data; last.State != "done" || !last.Balanced || len(events) < 2 {
		t.Errorf("after %d events: %+v", len(events), last)
	}
	p.delivered(run)
	compare(t, p.world, since)
	p.sentOnce()
	p.workers[0].leave(t)
}

// TestCancelledElsewhere cancels a run through a process that does not read it, with and
// without a bus that tells the one that does.
func TestCancelledElsewhere(t *testing.T) {
	t.Parallel()
	for _, deaf := range some(1, []bool{false, true}) {
		t.Run(fmt.Sprintf("deaf %t", deaf), func(t *testing.T) {
			t.Parallel()
			turn(t)
			p := newPlant(t, newWorld(t), newNode(t), 1)
			p.slow()
			p.watched = p.started(p.settle())
			p.moved(1)
			if deaf {
				p.node.kill(true)
			}
			p.ask("POST", "/runs/"+p.watched+"/cancel", struct{}{}, nil)
			took := p.until(p.watched, "it is cancelled", func(s seen) bool { return s.State == "cancelled" })
			t.Logf("cancelled within %s", took.Round(10*time.Millisecond))
			var now seen
			if p.ask("GET", "/runs/"+p.watched, nil, &now); !now.Balanced || now.Counts["accepted"] >= 1000 || took > 30*time.Second {
				t.Errorf("after %s: %+v", took, now)
			}
		})
	}
}

// disturbance is something that goes wrong while two workers are busy.
type disturbance struct {
	name string
	do   func(p *plant)
	// within is how long it may take until documents are delivered again.
	within time.Duration
}

// disturbances are those that every installation outlives.
func disturbances() []disturbance {
	return some(1, []disturbance{
		{"a worker is killed", func(p *plant) { p.workers[0].kill(p.t) }, 30 * time.Second},
		{"both workers are killed", func(p *plant) {
			p.workers[0].kill(p.t)
			p.workers[1].kill(p.t)
			p.join()
		}, 30 * time.Second},
		{"NATS restarts", func(p *plant) {
			p.node.kill(false)
			p.node.start()
		}, 30 * time.Second},
		{"NATS is gone for good", func(p *plant) { p.node.kill(true) }, 30 * time.Second},
		{"NATS loses all it had", func(p *plant) {
			p.node.kill(true)
			p.moved(1)
			p.node.start()
		}, 30 * time.Second},
		{"NATS stands still", func(p *plant) { p.must(p.node.cmd.Process.Signal(syscall.SIGSTOP)) }, 30 * time.Second},
		{"a worker stands still for longer than its lease", func(p *plant) {
			p.must(p.workers[0].cmd.Process.Signal(syscall.SIGSTOP))
			p.moved(150)
			p.must(p.workers[0].cmd.Process.Signal(syscall.SIGCONT))
		}, 30 * time.Second},
		{"both workers are replaced one after the other", func(p *plant) {
			for _, w := range p.workers[:2] {
				p.join()
				w.leave(p.t)
			}
		}, 30 * time.Second},
		{"the process for people is killed", func(p *plant) {
			p.must(p.cmd.Process.Kill())
			_ = p.cmd.Wait()
			p.served = p.serveAs([]string{"--listen", strings.TrimPrefix(p.url, "http://"), "--roles", "api,scheduler", "--nats", p.node.url})
			p.ask("POST", "/login", map[string]string{"name": "amy", "password": "correct horse"}, &ignored{})
		}, 30 * time.Second},
	})
}

// some gives the first n alone unless long tests are asked for.
func some[T any](n int, all []T) []T {
	if os.Getenv("KAREZ_TEST_LONG") == "" {
		return all[:n]
	}
	return all
}

// TestDisturbedAtWork does something to an installation with two workers while they are
// busy, and expects every refund accounted for, each delivered once.
func TestDisturbedAtWork(t *testing.T) {
	t.Parallel()
	for _, d := range disturbances() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			turn(t)
			newPlant(t, newWorld(t), newNode(t), 2).disturbed(d)
		})
	}
}

// disturbed does something to a plant at work, and audits what comes of it.
func (p *plant) disturbed(d disturbance) {
	p.t.Helper()
	p.slow()
	p.watched = p.started(p.settle())
	p.moved(1)
	d.do(p)
	took := p.moved(1)
	p.t.Logf("delivered again within %s", took.Round(10*time.Millisecond))
	if took > d.within {
		p.t.Errorf("it took %s until documents were delivered again", took)
	}
	p.over()
}

// TestTheDatabaseFailsAtWork restarts the database below an installation at work, has it
// refuse changes for a while, and cuts the answers to COMMITs off.
func TestTheDatabaseFailsAtWork(t *testing.T) {
	t.Parallel()
	for _, name := range some(0, []string{"restarts", "is read-only for a while", "forgets to answer"}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turn(t)
			d := newDatabase(t)
			w := newWorld(t)
			w.db = d.plain()
			p := newPlant(t, w, newNode(t), 0)
			cutter := storetest.NewCutter(t, w.db)
			if name == "forgets to answer" {
				p.workerDB = cutter.Address(t, w.db)
			}
			p.join()
			p.join()
			p.disturbed(disturbance{name, func(p *plant) {
				switch name {
				case "restarts":
					d.kill()
					d.start()
				case "is read-only for a while":
					d.say("SET GLOBAL read_only = 1;")
					for range 20 { // what is stored can be seen
						p.ask("GET", "/runs/"+p.watched, nil, &seen{})
					}
					d.say("SET GLOBAL read_only = 0;")
				default:
					for cutter.Every(7) < 15 {
						p.moved(1)
					}
					cutter.Every(0)
				}
			}, 30 * time.Second})
			if cut := cutter.Every(0); cut == 0 && name == "forgets to answer" {
				t.Error("no answer was cut off")
			}
		})
	}
}

// plain gives the address of a database for a user who may not change what a server
// that is read-only holds.
func (d *database) plain() string {
	d.t.Helper()
	d.say("CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX ON karez.* TO 'plain'@'127.0.0.1';")
	address, err := url.Parse(d.address)
	if err != nil {
		d.t.Fatal(err)
	}
	address.User = url.UserPassword("plain", "x")
	return address.String()
}

// TestANodeOfThree is an installation on a cluster of three NATS servers of which one stops.
func TestANodeOfThree(t *testing.T) {
	t.Parallel()
	for _, name := range some(0, []string{"the one that was found first", "the last one"}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turn(t)
			threeNodes(t, name == "the last one")
		})
	}
}

func threeNodes(t *testing.T, last bool) {
	t.Helper()
	const size = 3
	ports, names := make([]int, size), make([]string, size)
	for i := range size {
		ports[i] = freePort(t)
		names[i] = fmt.Sprintf("nats-route://127.0.0.1:%d", ports[i])
	}
	nodes, urls := make([]*node, size), make([]string, size)
	for i := range size {
		port := freePort(t)
		nodes[i] = &node{t: t, dir: filepath.Join(t.TempDir(), "nats"), url: fmt.Sprintf("nats://127.0.0.1:%d", port), args: []string{
			"--port", strconv.Itoa(port), "--name", fmt.Sprintf("n%d", i), "--cluster", "c", "--cluster-port", strconv.Itoa(ports[i]), "--routes", strings.Join(names, ","),
		}}
		nodes[i].start()
		urls[i] = nodes[i].url
	}
	all := *nodes[0]
	all.url = strings.Join(urls, ",")
	p := newPlant(t, newWorld(t), &all, 2)
	p.disturbed(disturbance{"one of three stops", func(p *plant) {
		if kept := p.replicas(); kept != size {
			t.Errorf("hints are kept on %d servers", kept)
		}
		if last {
			nodes[size-1].kill(false)
		} else {
			nodes[0].kill(false)
		}
	}, 30 * time.Second})
}
