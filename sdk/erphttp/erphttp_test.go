package erphttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
)

// host collects traces.
type host struct {
	mu     sync.Mutex
	traces []connector.Exchange
}

func (*host) State() connector.State { return nil }

func (*host) Log(context.Context, connector.Level, string, map[string]string) {}

func (h *host) Trace(_ context.Context, e connector.Exchange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.traces = append(h.traces, e)
}

func (h *host) last(t *testing.T) connector.Exchange {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.traces) == 0 {
		t.Fatal("nothing was traced")
	}
	return h.traces[len(h.traces)-1]
}

func noon() time.Time { return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC) }

func client(t *testing.T, secrets ...string) (*erphttp.Client, *host) {
	t.Helper()
	h := &host{}
	c := erphttp.New(h, noon, secrets...)
	t.Cleanup(c.Close)
	return c, h
}

func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func post(t *testing.T, c *erphttp.Client, url, body string) (*erphttp.Reply, error) {
	t.Helper()
	return c.Post(t.Context(), url, "text/plain", nil, []byte(body))
}

func TestPostSendsAndReadsWhatThereIs(t *testing.T) {
	t.Parallel()
	c, h := client(t)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Date", "Tue, 30 Apr 2024 08:00:00 GMT")
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Header.Get("Content-Type"), r.Header.Get("X-Own"), body)
	})
	reply, err := c.Post(t.Context(), url+"/path?q=1", "application/json", http.Header{"X-Own": {"yes"}}, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(reply.Body); got != `POST application/json yes {"a":1}` {
		t.Errorf("the server saw %s", got)
	}
	if !reply.Date.Equal(time.Date(2024, 4, 30, 8, 0, 0, 0, time.UTC)) || reply.Status != http.StatusOK {
		t.Errorf("%v, %d", reply.Date, reply.Status)
	}
	e := h.last(t)
	if e.Method != http.MethodPost || e.URL != url+"/path?q=1" || e.Status != 200 || string(e.RequestBody) != `{"a":1}` ||
		!bytes.Equal(e.ResponseBody, reply.Body) || !e.Started.Equal(noon()) {
		t.Errorf("trace: %+v", e)
	}
}

func TestPostSpeaksHTTP1(t *testing.T) {
	t.Parallel()
	c, _ := client(t)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	if reply, err := post(t, c, url, ""); err != nil || string(reply.Body) != "HTTP/1.1" {
		t.Errorf("%v %v", reply, err)
	}
}

func TestHeadAsksWithoutABody(t *testing.T) {
	t.Parallel()
	c, h := client(t, "s3cret")
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Saw", r.Method+" "+r.Header.Get("Key")+" "+r.Header.Get("Content-Type"))
	})
	reply, err := c.Head(t.Context(), url+"/s3cret", http.Header{"Key": {"k"}})
	if err != nil || reply.Header.Get("Saw") != "HEAD k" || len(reply.Body) != 0 {
		t.Errorf("%+v %v", reply, err)
	}
	if e := h.last(t); e.Method != http.MethodHead || e.URL != url+"/***" {
		t.Errorf("%+v", e)
	}
}

func TestStatusIsAFault(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		class     fault.Class
		unapplied bool
	}{
		302: {fault.Config, false},
		400: {fault.Config, true},
		401: {fault.Auth, true},
		403: {fault.Auth, true},
		404: {fault.Config, true},
		408: {fault.Transient, false},
		429: {fault.Rate, true},
		500: {fault.Transient, false},
		502: {fault.Transient, false},
		503: {fault.Transient, false},
	} {
		c, h := client(t)
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		})
		reply, err := post(t, c, url, "x")
		if reply == nil || reply.Status != status {
			t.Errorf("%d: the reply is %+v", status, reply)
		}
		f := fault.From(err)
		if f == nil || f.Code != "http.status" || f.Class != want.class || f.NotApplied != want.unapplied || f.RetryAfter != 7*time.Second {
			t.Errorf("%d: %+v", status, f)
		}
		if h.last(t).Status != status {
			t.Errorf("%d: traced as %d", status, h.last(t).Status)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"":                              0,
		"30":                            30 * time.Second,
		"-3":                            0,
		"soon":                          0,
		"Wed, 01 May 2024 12:01:30 GMT": 90 * time.Second,
		"Wed, 01 May 2024 11:00:00 GMT": 0,
	} {
		c, _ := client(t)
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Wed, 01 May 2024 12:00:00 GMT")
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		if _, err := post(t, c, url, "x"); fault.From(err).RetryAfter != want {
			t.Errorf("%q: %v, want %v", header, fault.From(err).RetryAfter, want)
		}
	}
}

func TestErrorsSayWhetherTheRequestWasSent(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, err error, code string, unapplied bool) {
		t.Helper()
		f := fault.From(err)
		if f == nil || f.Code != code || f.NotApplied != unapplied || f.Class != fault.Transient {
			t.Errorf("%+v, want %s, unapplied %v", f, code, unapplied)
		}
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		c, _ := client(t)
		_, err := post(t, c, "http://127.0.0.1:1/", "x")
		check(t, err, "http.unreachable", true)
	})
	t.Run("cut before an answer", func(t *testing.T) {
		t.Parallel()
		c, _ := client(t)
		_, err := post(t, c, serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "x")
		check(t, err, "http.cut", false)
	})
	t.Run("cut inside the answer", func(t *testing.T) {
		t.Parallel()
		c, h := client(t)
		_, err := post(t, c, serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
		}), "x")
		check(t, err, "http.cut", false)
		if e := h.last(t); e.Status != 0 || string(e.RequestBody) != "x" {
			t.Errorf("trace of a cut call: %+v", e)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		c, _ := client(t)
		url := serve(t, hang)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := c.Post(ctx, url, "text/plain", nil, []byte("x"))
		check(t, err, "http.timeout", false)
	})
	t.Run("answer drips past the deadline", func(t *testing.T) {
		t.Parallel()
		c, _ := client(t)
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			_, _ = w.Write([]byte("a"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := c.Post(ctx, url, "text/plain", nil, []byte("x"))
		check(t, err, "http.timeout", false)
	})
	t.Run("called off", func(t *testing.T) {
		t.Parallel()
		c, _ := client(t)
		ctx, cancel := context.WithCancel(t.Context())
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			cancel()
			hang(w, r)
		})
		_, err := c.Post(ctx, url, "text/plain", nil, []byte("x"))
		check(t, err, "http.cancelled", false)
		_, err = c.Post(ctx, url, "text/plain", nil, []byte("x"))
		check(t, err, "http.cancelled", true)
	})
	t.Run("bad address", func(t *testing.T) {
		t.Parallel()
		c, _ := client(t)
		_, err := post(t, c, "http://bad address/\x00", "x")
		if f := fault.From(err); f.Code != "http.bad_url" || f.Class != fault.Config || !f.NotApplied {
			t.Errorf("%+v", f)
		}
	})
}

// hang answers nothing until the caller hangs up.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	<-r.Context().Done()
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	c, _ := client(t)
	var mebibyte bytes.Buffer
	zip := gzip.NewWriter(&mebibyte)
	_, _ = zip.Write(make([]byte, 1<<20))
	_ = zip.Close()
	bomb := bytes.Repeat(mebibyte.Bytes(), erphttp.MaxBody>>20+1)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	_, err := post(t, c, url, "x")
	if f := fault.From(err); f.Code != "http.too_large" || f.Class != fault.Config || f.NotApplied {
		t.Errorf("%d bytes that unpack to more than the limit: %+v", len(bomb), f)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body, code string
		class      fault.Class
		raw        string
	}{
		"object":        {" {\"a\":1.10}\n", "", "", `{"a":1.10}`},
		"byte order":    {"\xef\xbb\xbf[1]", "", "", `[1]`},
		"empty":         {" \n", "http.empty", fault.Transient, ""},
		"web page":      {"\n<html><body>502</body></html>", "http.html", fault.Transient, ""},
		"cut short":     {`{"a":[1,2`, "http.not_json", fault.Transient, ""},
		"two values":    {`{} {}`, "http.not_json", fault.Transient, ""},
		"text":          {`OK`, "http.not_json", fault.Transient, ""},
		"other charset": {"{\"a\":\"\xb5\xa5\"}", "http.not_utf8", fault.Data, ""},
	} {
		reply := erphttp.Reply{Body: []byte(tc.body)}
		value, err := reply.JSON()
		if f := fault.From(err); fault.CodeOf(err) != tc.code || f != nil && (f.Class != tc.class || f.NotApplied) {
			t.Errorf("%s: %+v, want %s", name, f, tc.code)
		}
		if string(value) != tc.raw {
			t.Errorf("%s: %s", name, value)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	c, h := client(t, `s3cr&t "x"`, "", "plain")
	c.HideFields("access_token", "sign")
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"echo":"s3cr&t \"x\"","access_token": "at-\"1","list":[{"sign":12345,"signature":"kept"}],"later":"tok-9"}`)
	})
	c.Hide("tok-9")
	body := "a=s3cr%26t+%22x%22&access_token=at-1&sign=abc&design=kept&p=plain"
	if _, err := post(t, c, url+"/?access_token=at-1&q=plain", body); err != nil {
		t.Fatal(err)
	}
	e := h.last(t)
	for what, got := range map[string][2]string{
		"URL":      {e.URL, url + "/?access_token=***&q=***"},
		"request":  {string(e.RequestBody), "a=***&access_token=***&sign=***&design=kept&p=***"},
		"response": {string(e.ResponseBody), `{"echo":"***","access_token": "***","list":[{"sign":***,"signature":"kept"}],"later":"***"}`},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %s, want %s", what, got[0], got[1])
		}
	}
	_, err := post(t, c, "http://127.0.0.1:1/?k=plain", "x")
	if strings.Contains(err.Error(), "plain") || !strings.Contains(err.Error(), "k=***") {
		t.Errorf("an error shows a secret: %v", err)
	}
	if got := c.Redact("message with plain and tok-9"); got != "message with *** and ***" {
		t.Error(got)
	}
}

func TestHiddenFieldsInOddText(t *testing.T) {
	t.Parallel()
	c, _ := client(t)
	c.HideFields("token")
	for in, want := range map[string]string{
		``:                         ``,
		`token`:                    `token`,
		`token=`:                   `token=***`,
		`token=a&token=b`:          `token=***&token=***`,
		`xtoken=a`:                 `xtoken=a`,
		`"token"`:                  `"token"`,
		`"token":`:                 `"token":`,
		`"token" : "cut off`:       `"token" : "***`,
		`"token":"ends in \`:       `"token":"***`,
		`"token":null,"b":1`:       `"token":***,"b":1`,
		`{"token":"a","token":""}`: `{"token":"***","token":"***"}`,
		`"tokentoken":"a"`:         `"tokentoken":"a"`,
		`"a":"token"`:              `"a":"token"`,
	} {
		if got := c.Redact(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestNoSecretSurvivesInATrace puts a secret anywhere into a body, across the cut
// of long ones, too.
func TestNoSecretSurvivesInATrace(t *testing.T) {
	t.Parallel()
	const secret = "Qz7-secret-Qz7"
	c, h := client(t, secret)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})
	rapid.Check(t, func(rt *rapid.T) {
		before := rapid.IntRange(0, erphttp.MaxTrace+20).Draw(rt, "before")
		if rapid.Bool().Draw(rt, "at the cut") {
			before = erphttp.MaxTrace - rapid.IntRange(0, len(secret)+1).Draw(rt, "overlap")
		}
		after := rapid.SampledFrom([]int{0, 1, 5, erphttp.MaxTrace}).Draw(rt, "after")
		body := strings.Repeat("单", before/3) + strings.Repeat(".", before%3) + secret + strings.Repeat("-", after)
		if _, err := post(t, c, url, body); err != nil {
			rt.Fatal(err)
		}
		e := h.last(t)
		for _, traced := range [][]byte{e.RequestBody, e.ResponseBody} {
			if bytes.Contains(traced, []byte(secret[:4])) || len(traced) > erphttp.MaxTrace+40 || !utf8.Valid(traced) {
				rt.Fatalf("%d bytes, ending in %.60q", len(traced), traced[max(0, len(traced)-60):])
			}
			if len(body) > erphttp.MaxTrace && !bytes.HasSuffix(traced, fmt.Appendf(nil, "… (%d bytes)", len(body))) {
				rt.Fatalf("the cut is not told: %.60q", traced[max(0, len(traced)-60):])
			}
		}
	})
}

// TestNoCallIsRepeatedUnseen: the second call goes over a connection that is open already and
// then cut, after which the standard library would make a GET once more.
func TestNoCallIsRepeatedUnseen(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		c, _ := client(t)
		var calls atomic.Int64
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			call := calls.Add(1)
			if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
				t.Errorf("%s has a body of %d bytes, %v", method, r.ContentLength, r.TransferEncoding)
			}
			if call == 2 {
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "ok")
		})
		if _, err := c.Do(t.Context(), method, url, "", nil, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), method, url, "", nil, nil); fault.CodeOf(err) != "http.cut" || calls.Load() != 2 {
			t.Errorf("%s: %v after %d calls", method, err, calls.Load())
		}
	}
}

func TestDialsAgainAfterTheServerWentAway(t *testing.T) {
	t.Parallel()
	c, _ := client(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	first := httptest.NewUnstartedServer(handler)
	first.Listener = listener
	first.Start()
	if _, err := post(t, c, first.URL, "x"); err != nil {
		t.Fatal(err)
	}
	first.Close()
	if _, err := post(t, c, first.URL, "x"); !strings.HasPrefix(fault.CodeOf(err), "http.") {
		t.Fatalf("a closed server: %v", err)
	}
	second := httptest.NewServer(handler)
	t.Cleanup(second.Close)
	if _, err := post(t, c, second.URL, "x"); err != nil {
		t.Fatal(err)
	}
}
