package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
)

// served is a running `karez serve` with a person at the other end.
type served struct {
	*world

	cmd    *exec.Cmd
	url    string
	token  string
	client *http.Client
}

// serve starts the server over the world's data folder. It ends with the test at the latest.
func (w *world) serve(env ...string) *served {
	w.t.Helper()
	return w.serveAs([]string{"--listen", "127.0.0.1:0"}, env...)
}

// serveAs starts a server with further arguments.
func (w *world) serveAs(args []string, env ...string) *served {
	w.t.Helper()
	var ready struct {
		URL   string `json:"url"`
		Token string `json:"setup_token"`
	}
	cmd := w.process(&ready, args, env...)
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &served{world: w, cmd: cmd, url: ready.URL, token: ready.Token, client: &http.Client{Jar: jar}}
}

// process starts `karez serve` and reads what it prints when it is ready.
func (w *world) process(ready any, args []string, env ...string) *exec.Cmd {
	w.t.Helper()
	args = append([]string{"serve", "--json", "--data", w.data, "--lease", "2s"}, args...)
	if w.db != "" {
		args = append(args, "--db", w.db)
	}
	cmd := exec.Command(filepath.Join(programs.dir, "karez"), args...)
	cmd.Env = append(slices.Clone(w.env), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	w.must(err)
	w.must(cmd.Start())
	w.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	w.must(err)
	w.must(json.Unmarshal(line, ready))
	return cmd
}

// ask makes a request and reads the answer into a value, nil for none.
func (s *served) ask(method, path string, body, into any) int {
	s.t.Helper()
	var text io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		s.must(err)
		text = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+"/api/v1"+path, text)
	s.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-Match", `"1"`)
	res, err := s.client.Do(req)
	s.must(err)
	answer, err := io.ReadAll(res.Body)
	s.must(err)
	s.must(res.Body.Close())
	if res.StatusCode >= 400 && into != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	if into != nil && len(answer) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(answer))
		decoder.UseNumber()
		s.must(decoder.Decode(into))
	}
	return res.StatusCode
}

type ignored struct{}

// settle makes the administrator, the connections and the shipped flow over the
// interface, and gives the flow's id.
func (s *served) settle() string {
	s.t.Helper()
	s.ask("POST", "/setup", map[string]string{"token": s.token, "name": "amy", "password": "correct horse"}, &ignored{})
	var jst, k3 map[string]string
	s.get(s.jst+"/_sandbox/credentials", &jst)
	s.get(s.k3+"/_sandbox/credentials", &k3)
	s.ask("POST", "/connections", map[string]any{
		"name": "jst", "connector": "jushuitan",
		"settings": map[string]string{"address": s.jst, "appKey": jst["appKey"]}, "secrets": map[string]string{"appSecret": jst["appSecret"]},
	}, &ignored{})
	s.ask("POST", "/connections", map[string]any{
		"name": "k3", "connector": "kingdee-k3cloud", "secrets": map[string]string{"password": k3["password"]},
		"settings": map[string]string{"address": s.k3, "acctId": k3["acctId"], "username": k3["username"], "login": "password"},
	}, &ignored{})
	text, err := os.ReadFile(s.flow)
	s.must(err)
	docs, err := flow.Parse(text)
	s.must(err)
	docs[0].Spec.Connections = nil
	var made struct {
		ID       string         `json:"id"`
		Problems []flow.Problem `json:"problems"`
	}
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(docs[0].JSON())}, &made)
	if flow.Blocking(made.Problems) {
		s.t.Fatalf("%+v", made.Problems)
	}
	s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{"note": "第一版"}, &ignored{})
	return made.ID
}

// seen is a run as the interface shows it.
type seen struct {
	ID       string         `json:"id"`
	State    string         `json:"state"`
	Counts   map[string]int `json:"counts"`
	Balanced bool           `json:"balanced"`
}

// event is one message of a stream.
type event struct {
	ID   string `json:"-"`
	Seq  int64  `json:"seq"`
	Type string `json:"type"`
	Data seen   `json:"data"`
}

// watch reads the events of a run to the end of the stream.
func (s *served) watch(run, lastID string) []event {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/api/v1/runs/"+run+"/events", nil)
	s.must(err)
	req.Header.Set("Last-Event-ID", lastID)
	res, err := s.client.Do(req)
	s.must(err)
	text, err := io.ReadAll(res.Body)
	s.must(err)
	s.must(res.Body.Close())
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		s.t.Fatalf("%s: %s", kind, text)
	}
	var events []event
	for message := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		e := event{}
		for line := range strings.SplitSeq(message, "\n") {
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				e.ID = id
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				s.must(json.Unmarshal([]byte(data), &e))
			}
		}
		if e.ID != "" {
			events = append(events, e)
		}
	}
	return events
}

// delivered waits until nothing of a run waits for a retry: what was on its way when
// the server was killed is looked up first.
func (s *served) delivered(run string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		var now seen
		if s.ask("GET", "/runs/"+run, nil, &now); now.Counts["retry_at"] == 0 {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("still waiting: %+v", now)
		case <-ticker.C:
		}
	}
}

// TestTheInterface does the whole job over REST, as a script would.
func TestTheInterface(t *testing.T) {
	t.Parallel()
	turn(t)
	s := newWorld(t).recent().serve()
	id := s.settle()
	var started seen
	if code := s.ask("POST", "/flows/"+id+"/runs", struct{}{}, &started); code != http.StatusAccepted {
		t.Errorf("starting a run answers %d", code)
	}
	events := s.watch(started.ID, "")
	last := events[len(events)-1]
	for i, e := range events {
		if i > 0 && e.Seq <= events[i-1].Seq || (e.Type == "end") != (i == len(events)-1) {
			t.Errorf("event %d of %d: %+v", i, len(events), e)
		}
	}
	if last.Data.State != "done" || !last.Data.Balanced || last.Data.Counts["delivered"] == 0 {
		t.Errorf("%+v", last)
	}
	if again := s.watch(started.ID, last.ID); len(again) != 1 || again[0].Type != "end" || again[0].Data.State != "done" {
		t.Errorf("after a reconnect: %+v", again)
	}
	compare(t, s.world, since)
	s.sentOnce()

	var documents struct {
		Items []struct {
			ID     string `json:"id"`
			State  string `json:"state"`
			Number string `json:"number"`
		} `json:"items"`
	}
	s.ask("GET", "/documents?limit=200&flow="+id, nil, &documents)
	if len(documents.Items) != last.Data.Counts["accepted"] {
		t.Errorf("%d documents are listed, %d were accepted", len(documents.Items), last.Data.Counts["accepted"])
	}
	var detail struct {
		Source     refund           `json:"source"`
		Deliveries []map[string]any `json:"deliveries"`
	}
	s.ask("GET", "/documents/"+documents.Items[0].ID, nil, &detail)
	if detail.Source.AsID == "" {
		t.Errorf("%+v", detail)
	}
	var summary struct {
		Items []struct {
			LastRun   seen           `json:"lastRun"`
			Attention map[string]int `json:"attention"`
		} `json:"items"`
	}
	s.ask("GET", "/flows", nil, &summary)
	if len(summary.Items) != 1 || summary.Items[0].LastRun.ID != started.ID || summary.Items[0].Attention["retry_at"] != last.Data.Counts["retry_at"] {
		t.Errorf("%+v", summary)
	}
	s.must(s.cmd.Process.Signal(syscall.SIGTERM))
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	s.noSecretIn(s.data, s.secretOf("K3_PASSWORD"))
}

// secretOf gives a secret of the world's environment.
func (w *world) secretOf(name string) string {
	for _, pair := range w.env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	w.t.Fatalf("no %s", name)
	return ""
}

// TestServerKilledDuringARun: the next process goes on with the run where the last one stopped.
func TestServerKilledDuringARun(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"after_page:2", "after_intent:1", "after_send:2", "after_outcome:1", "after_window:1"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t).recent()
			first := w.serve("KAREZ_FAILPOINT=" + point)
			var started seen
			first.ask("POST", "/flows/"+first.settle()+"/runs", struct{}{}, &started)
			if err := first.cmd.Wait(); err == nil {
				t.Fatal("the server was not killed")
			}
			second := w.serve()
			second.ask("POST", "/login", map[string]string{"name": "amy", "password": "correct horse"}, &ignored{})
			events := second.watch(started.ID, "")
			last := events[len(events)-1].Data
			if last.State != "done" || !last.Balanced {
				t.Errorf("%+v", last)
			}
			second.delivered(started.ID)
			compare(t, w, since)
			w.sentOnce()
		})
	}
}
