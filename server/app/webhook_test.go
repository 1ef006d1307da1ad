package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/server/store/storetest"
)

// receiver answers what is posted to it.
const receiver = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"posted","title":"posted"},"spec":{"nodes":[
{"id":"in","type":"webhook","settings":{"number":"{{no}}","answer":"result","wait":60}},
{"id":"bill","type":"map","settings":{"fields":[{"field":"bill","value":"B{{no}}"}]}},
{"id":"back","type":"respond","settings":{"status":201,"body":[{"field":"bill","value":"{{bill}}"},{"field":"amount","value":"{{source.amount}}"}]}}],
"edges":[{"from":"in","to":"bill"},{"from":"bill","to":"back"}]}}`

// Killed after a posted document was stored, or anywhere on its way to the answer, the
// program that is started again tells whoever posts again the one answer there is.
func TestKilledWhileDocumentsArePosted(t *testing.T) {
	t.Parallel()
	for _, point := range points(false, append(failpoint.Posting(), "after_claim", "before_outcome", "in_walk", "after_outcome")...) {
		for _, onServer := range []bool{false, true} {
			if onServer && point != "after_post" && point != "before_outcome" {
				continue // the places are the same; two show that this ledger is one, too
			}
			t.Run(fmt.Sprint(point, onServer), func(t *testing.T) {
				t.Parallel()
				turn(t)
				w := &world{t: t, data: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
				if onServer {
					w.db = storetest.MySQL(t)
				}
				s := w.serve("KAREZ_FAILPOINT=" + point)
				flow, path, secret := s.receive()
				if status, answer := s.post(path, secret); status != 0 {
					t.Fatalf("the crash point was never passed: %d %s", status, answer)
				}
				_ = s.cmd.Process.Signal(syscall.SIGKILL) // it is gone, or on its way
				_ = s.cmd.Wait()
				again := w.serve()
				for range 2 {
					if status, answer := again.post(path, secret); status != http.StatusCreated || answer != `{"bill":"B7","amount":0.10}` {
						t.Errorf("%d %s", status, answer)
					}
				}
				again.client = s.client // the session outlives the process
				var found struct {
					Items []struct {
						State string `json:"state"`
					} `json:"items"`
				}
				again.ask("GET", "/documents?flow="+flow, nil, &found)
				if len(found.Items) != 1 || found.Items[0].State != "collected" {
					t.Errorf("%+v", found)
				}
			})
		}
	}
}

// receive makes and enables the receiver and gives its id, the path of its webhook and the secret.
func (s *served) receive() (flow, path, secret string) {
	s.t.Helper()
	s.ask("POST", "/setup", map[string]string{"token": s.token, "name": "amy", "password": "correct horse"}, &ignored{})
	var made struct {
		ID string `json:"id"`
	}
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(receiver)}, &made)
	s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{"note": ""}, &ignored{})
	s.ask("POST", "/flows/"+made.ID+"/enable", nil, &ignored{})
	var door struct {
		Webhook struct {
			Path string `json:"path"`
		} `json:"webhook"`
		Secret string `json:"secret"`
	}
	s.ask("POST", "/flows/"+made.ID+"/webhooks/in/secrets", map[string]int{}, &door)
	return made.ID, door.Webhook.Path, door.Secret
}

// post posts the one message; status 0 is a server that went away.
func (s *served) post(path, secret string) (int, string) {
	s.t.Helper()
	const body = `{"no":"7","amount":0.10}`
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	s.must(err)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	_, err = io.WriteString(mac, "msg_1."+at+"."+body)
	s.must(err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	s.must(err)
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {at},
		"Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(answer)
}

// A flow that only posts start can't be run by hand, and it is said what to do.
func TestARunHasNothingToReadWhereDocumentsArePosted(t *testing.T) {
	t.Parallel()
	w := &world{t: t, data: t.TempDir(), flow: filepath.Join(t.TempDir(), "posted.json"), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	w.must(os.WriteFile(w.flow, []byte(receiver), 0o600))
	if said, err := w.command(t.Context()).CombinedOutput(); err == nil || !strings.Contains(string(said), "flow.started_by_posts") {
		t.Errorf("%v %s", err, said)
	}
	if entries, err := os.ReadDir(w.data); err != nil || len(entries) != 0 {
		t.Errorf("%d things were made in the data folder, %v", len(entries), err)
	}
}
