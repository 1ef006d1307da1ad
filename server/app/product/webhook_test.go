package product_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/store/storetest"
)

// hooked is a flow with a webhook, and what those who post to it know.
type hooked struct {
	*house

	flow, path, secret, bearer string
}

// hook publishes a flow whose webhook node "in" has settings and leads to the nodes, and
// enables it where on says so.
func (h *house) hook(settings, nodes, edges string, on bool) *hooked {
	h.t.Helper()
	ctx := h.as(1, access.Editor)
	saved, err := h.e.Drafts.Create(ctx, "hooked", fmt.Appendf(nil, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"hooked","title":"hooked"},
"spec":{"nodes":[{"id":"in","type":"webhook","settings":%s},%s],"edges":[%s]}}`, settings, nodes, edges))
	h.must(err)
	for _, p := range saved.Problems {
		if p.Blocking {
			h.t.Fatalf("%+v", p)
		}
	}
	_, err = h.e.Drafts.PublishDraft(ctx, saved.PublicID, "")
	h.must(err)
	if on {
		_, err = h.e.Drafts.SetEnabled(ctx, saved.PublicID, true)
		h.must(err)
	}
	k := &hooked{house: h, flow: saved.PublicID}
	k.rotate(0)
	return k
}

// rotate makes a new secret; the one before stays good for so long.
func (k *hooked) rotate(keep int) {
	k.t.Helper()
	status, _, text := k.send(http.MethodPost, "/flows/"+k.flow+"/webhooks/in/secrets", "application/json", k.token(1, access.Editor), fmt.Appendf(nil, `{"keepSeconds":%d}`, keep))
	var made struct {
		Webhook struct {
			Path string `json:"path"`
		} `json:"webhook"`
		Secret string `json:"secret"`
		Token  string `json:"token"`
	}
	if status != http.StatusCreated || json.Unmarshal(text, &made) != nil || !strings.HasPrefix(made.Secret, "whsec_") || !strings.HasPrefix(made.Token, "whtok_") {
		k.t.Fatalf("%d %s", status, text)
	}
	k.path, k.secret, k.bearer = made.Webhook.Path, made.Secret, made.Token
}

// answer is what was answered.
type answer struct {
	status         int
	kind, location string
	body           string
}

// member gives a member of an answer's body.
func (a answer) member(name string) string {
	var all map[string]any
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		return err.Error()
	}
	return fmt.Sprint(all[name])
}

// sign signs a request as the standard says.
func sign(secret, id string, at time.Time, body string) http.Header {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, id+"."+stamp+"."+body)
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}, "Content-Type": {"application/json"}}
}

// ask makes a request of those who post.
func (k *hooked) ask(method, path string, header http.Header, body string) answer {
	req, err := http.NewRequestWithContext(k.t.Context(), method, k.server.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{body: err.Error()}
	}
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	if res.Header.Get("Set-Cookie") != "" {
		return answer{body: "a cookie"}
	}
	return answer{res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Location"), string(text)}
}

// post posts a signed body.
func (k *hooked) post(id, body string) answer {
	return k.ask(http.MethodPost, k.path, sign(k.secret, id, time.Now(), body), body)
}

// status asks how a document stands.
func (k *hooked) status(path string) answer {
	return k.ask(http.MethodGet, path, sign(k.secret, "s", time.Now(), ""), "")
}

func (k *hooked) came() map[string]string { return k.storedAt(k.flow, "in") }

const (
	kept    = `{"id":"kept","type":"discard","settings":{}}`
	toKept  = `{"from":"in","to":"kept"}`
	replies = `{"id":"bill","type":"map","settings":{"fields":[{"field":"no","value":"{{no}}"},{"field":"twice","value":"{{no}}{{no}}"}]}},
{"id":"back","type":"respond","settings":{"status":201,"body":[{"field":"bill","value":"{{twice}}"},{"field":"was","value":"{{source.amount}}"}]}}`
	toReply = `{"from":"in","to":"bill"},{"from":"bill","to":"back"}`
)

// Without a signature, with one of another secret, a late one or one for another body
// there is no document and no run.
func TestWhoMayNotPost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.hook(`{"key":"{{no}}"}`, kept, toKept, true)
	const body = `{"no":"a"}`
	without := func(name string) http.Header {
		header := sign(k.secret, "m", time.Now(), body)
		header.Del(name)
		return header
	}
	other := sign("whsec_"+base64.StdEncoding.EncodeToString([]byte("another secret of some length...")), "m", time.Now(), body)
	token := http.Header{"Authorization": {"Bearer " + k.bearer}, "Content-Type": {"application/json"}}
	for name, tt := range map[string]struct {
		header     http.Header
		body, code string
		status     int
	}{
		"unsigned":                {http.Header{"Content-Type": {"application/json"}}, body, "webhook.unsigned", 401},
		"no id":                   {without("webhook-id"), body, "webhook.unsigned", 401},
		"no time":                 {without("webhook-timestamp"), body, "webhook.unsigned", 401},
		"no signature":            {without("webhook-signature"), body, "webhook.unsigned", 401},
		"another secret":          {other, body, "webhook.signature_invalid", 401},
		"replayed, other body":    {sign(k.secret, "m", time.Now(), body), `{"no":"b"}`, "webhook.signature_invalid", 401},
		"stale":                   {sign(k.secret, "m", time.Now().Add(-6*time.Minute), body), body, "webhook.stale", 401},
		"from the future":         {sign(k.secret, "m", time.Now().Add(6*time.Minute), body), body, "webhook.stale", 401},
		"a token where one signs": {token, body, "webhook.unsigned", 401},
	} {
		if got := k.ask(http.MethodPost, k.path, tt.header, tt.body); got.status != tt.status || got.member("code") != tt.code || got.kind != "application/problem+json" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := k.ask(http.MethodPost, "/hooks/guessed", sign(k.secret, "m", time.Now(), body), body); got.status != 404 || got.member("code") != "webhook.unknown" {
		t.Errorf("%+v", got)
	}
	if got := k.ask(http.MethodGet, k.path, nil, ""); got.status != 405 {
		t.Errorf("%+v", got)
	}
	if got := k.came(); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
	if runs := k.runs(); len(runs) != 0 {
		t.Errorf("runs %v", runs)
	}
	if got := k.post("m", body); got.status != 202 || got.member("key") != "a" || got.member("result") != "accepted" {
		t.Errorf("%+v", got)
	}
	if runs := k.runs(); len(runs) != 1 || runs[0] != ledger.WebhookTrigger {
		t.Errorf("runs %v", runs)
	}
}

// runs gives the triggers of the flow's runs.
func (k *hooked) runs() []string {
	k.t.Helper()
	f, err := k.e.Drafts.Get(k.as(1, access.Editor), k.flow)
	k.must(err)
	open, err := k.e.Ledger.OpenRuns(k.t.Context(), f.ID)
	k.must(err)
	var triggers []string
	for _, run := range open {
		triggers = append(triggers, run.Trigger)
	}
	return triggers
}

// What is no single meaning in JSON, too much, or of another kind is refused.
func TestWhatMayNotBePosted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.hook(`{"auth":"token","key":"{{no}}"}`, kept, toKept, false)
	for name, tt := range map[string]struct {
		kind, body, code string
		status           int
	}{
		"no JSON":           {"application/json", `{"no":`, "webhook.body_invalid", 400},
		"nothing":           {"application/json", ``, "webhook.body_invalid", 400},
		"two values":        {"application/json", `{"no":"a"}{"no":"b"}`, "webhook.body_invalid", 400},
		"too deep":          {"application/json", `{"no":"a","x":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`, "webhook.body_invalid", 400},
		"no UTF-8":          {"application/json", "{\"no\":\"\xff\"}", "webhook.body_invalid", 400},
		"a member twice":    {"application/json", `{"no":"a","lines":[{"x":1,"\u0078":2}]}`, "webhook.member_repeated", 400},
		"a list":            {"application/json", `[{"no":"a"}]`, "webhook.not_object", 422},
		"another kind":      {"text/plain", `{"no":"a"}`, "webhook.content_type", 415},
		"another character": {"application/json; charset=gbk", `{"no":"a"}`, "webhook.content_type", 415},
		"no kind":           {"", `{"no":"a"}`, "webhook.content_type", 415},
		"too large":         {"application/json", `{"no":"` + strings.Repeat("a", 8<<20) + `"}`, "webhook.too_large", 413},
		"a broken form":     {"application/x-www-form-urlencoded", "no=%zz", "webhook.form_invalid", 400},
	} {
		header := http.Header{"Authorization": {"Bearer " + k.bearer}, "Content-Type": {tt.kind}}
		if got := k.ask(http.MethodPost, k.path, header, tt.body); got.status != tt.status || got.member("code") != tt.code {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := k.came(); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
	header := http.Header{"Authorization": {"Bearer " + k.bearer}, "Content-Type": {"application/x-www-form-urlencoded"}}
	if got := k.ask(http.MethodPost, k.path, header, "no=a+1&tag=x&tag=%22"); got.status != 202 {
		t.Errorf("%+v", got)
	}
	if got := k.came()["a 1"]; got != `waiting {"no":"a 1","tag":["x","\""]}` {
		t.Errorf("stored %s", got)
	}
}

// The answer is what the respond node says, it stays, and it is there for one who posts again.
func TestAPostIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	k := h.hook(`{"key":"{{no}}","number":"{{no}}","answer":"result"}`, replies, toReply, true)
	got := k.post("m1", `{"no":"A1","amount":12345678901234567890.10}`)
	if got.status != 201 || got.body != `{"bill":"A1A1","was":12345678901234567890.10}` || got.kind != "application/json" {
		t.Fatalf("%+v", got)
	}
	if again := k.post("m1", `{"no":"A1","amount":12345678901234567890.10}`); again != got {
		t.Errorf("again %+v", again)
	}
	if other := k.post("m2", `{"no":"A1","amount":12345678901234567890.10}`); other != got {
		t.Errorf("the same document in another message %+v", other)
	}
	if reused := k.post("m1", `{"no":"A2"}`); reused.status != 409 || reused.member("code") != "webhook.id_reused" {
		t.Errorf("%+v", reused)
	}
	if came := k.came(); len(came) != 1 || came["A1"] != `collected {"no":"A1","amount":12345678901234567890.10}` {
		t.Errorf("stored %v", came)
	}
}

// Without a respond node it is said how the document stands.
func TestAPostIsToldHowItStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	k := h.hook(`{"key":"{{no}}","number":"{{no}}","answer":"result"}`, kept, toKept, true)
	got := k.post("m1", `{"no":"A1"}`)
	if got.status != 200 || got.member("state") != "collected" || got.member("key") != "A1" || got.member("number") != "A1" {
		t.Fatalf("%+v", got)
	}
	refused := k.post("m2", `{"no":""}`)
	if refused.status != 422 || refused.kind != "application/problem+json" || refused.member("code") != "source.key_invalid" || refused.member("document") == "" {
		t.Errorf("%+v", refused)
	}
	if again := k.post("m2", `{"no":""}`); again.status != 422 || again.member("document") != refused.member("document") {
		t.Errorf("%+v", again)
	}
	list := h.hook(`{"key":"{{no}}","records":"data.list","answer":"result"}`, kept, toKept, true)
	several := list.post("m1", `{"data":{"list":[{"no":"1"},{"no":"2"},{"no":"1"}]}}`)
	if several.status != 200 || strings.Count(several.body, `"state":"collected"`) != 3 {
		t.Errorf("%+v", several)
	}
	if mixed := list.post("m2", `{"data":{"list":[{"no":"3"},{"no":null}]}}`); mixed.status != 207 || !strings.Contains(mixed.body, "source.key_invalid") {
		t.Errorf("%+v", mixed)
	}
	if none := list.post("m3", `{"data":{"list":[]}}`); none.status != 200 || none.body != `{"documents":[]}` {
		t.Errorf("%+v", none)
	}
}

// A flow that is not enabled stores what is posted; the same credential may ask how it stands.
func TestAPostWaitsForItsFlow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	k := h.hook(`{"answer":"result"}`, replies, toReply, false)
	got := k.post("m1", `{"no":"A1","amount":1}`)
	if got.status != 202 || got.member("state") != "waiting" || got.member("key") != "m1" || got.location != got.member("statusUrl") || !strings.HasPrefix(got.location, k.path+"/documents/") {
		t.Fatalf("%+v", got)
	}
	if waits := k.status(got.location); waits.status != 202 {
		t.Errorf("%+v", waits)
	}
	for _, path := range []string{k.path + "/documents/1", k.path + "/documents/x", k.path + "/other"} {
		if missing := k.status(path); missing.status != 404 {
			t.Errorf("%s: %+v", path, missing)
		}
	}
	if anonymous := k.ask(http.MethodGet, got.location, nil, ""); anonymous.status != 401 {
		t.Errorf("%+v", anonymous)
	}
	_, err := h.e.Drafts.SetEnabled(h.as(1, access.Editor), k.flow, true)
	h.must(err)
	if now := k.post("m1", `{"no":"A1","amount":1}`); now.status != 201 || now.body != `{"bill":"A1A1","was":1}` {
		t.Errorf("%+v", now)
	}
	if now := k.status(got.location); now.status != 201 || now.body != `{"bill":"A1A1","was":1}` {
		t.Errorf("%+v", now)
	}
}

// Of twenty requests with one id at once one is stored, and all hear the same.
func TestManyPostTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	k := h.hook(`{"answer":"result"}`, replies, toReply, true)
	const many = 20
	answers := make([]answer, many)
	storetest.Together(many, func(i int) { answers[i] = k.post("m1", `{"no":"A1","amount":7}`) })
	for _, got := range answers {
		if got != answers[0] || got.status != 201 {
			t.Errorf("%+v, another one %+v", got, answers[0])
		}
	}
	if came := k.came(); len(came) != 1 || !strings.HasPrefix(came["m1"], "collected ") {
		t.Errorf("stored %v", came)
	}
}

// A secret that was replaced is good for the time that was chosen, and none is shown again.
func TestSecretsAreReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.hook(`{}`, kept, toKept, false)
	first, path := k.secret, k.path
	k.rotate(3600)
	second := k.secret
	if k.path != path || first == second {
		t.Fatalf("%s, before %s", k.path, path)
	}
	for i, secret := range []string{first, second} {
		if got := k.ask(http.MethodPost, k.path, sign(secret, fmt.Sprint("m", i), time.Now(), `{}`), `{}`); got.status != 202 {
			t.Errorf("secret %d: %+v", i, got)
		}
	}
	k.rotate(0)
	for i, secret := range []string{first, second} {
		if got := k.ask(http.MethodPost, k.path, sign(secret, fmt.Sprint("n", i), time.Now(), `{}`), `{}`); got.status != 401 {
			t.Errorf("secret %d: %+v", i, got)
		}
	}
	_, _, seen := k.send(http.MethodGet, "/flows/"+k.flow+"/webhooks/in", "", k.token(1, access.Viewer), nil)
	f, err := h.e.Drafts.Get(h.as(1, access.Editor), k.flow)
	h.must(err)
	for _, secret := range []string{first, second, k.secret, k.bearer} {
		if plain := strings.TrimPrefix(secret, "whsec_"); bytes.Contains(seen, []byte(plain)) || bytes.Contains(f.Document, []byte(plain)) {
			t.Errorf("a secret is shown again: %s", seen)
		}
	}
	if strings.Count(string(seen), `"createdBy"`) != 1 || strings.Count(string(seen), `"message"`) != 2 {
		t.Errorf("%s", seen)
	}
	status, _, text := k.send(http.MethodPost, "/flows/"+k.flow+"/webhooks/in/test", "application/json", k.token(1, access.Editor), []byte(`{"body":"{\"no\":\"t\"}"}`))
	if status != http.StatusOK || !strings.Contains(string(text), `"status":202`) || !strings.Contains(string(text), "accepted") {
		t.Errorf("%d %s", status, text)
	}
}
