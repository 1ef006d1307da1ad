package connectortest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const subjectManifest = `
id: subject
version: 1.0.0
title: {zh: 试验, en: Subject}
timeZone: Asia/Shanghai
settings:
  - {key: token, kind: text, secret: true, title: {zh: 令牌}}
rules:
  - {class: auth, codes: [denied]}
  - {class: transient, codes: [cut]}
  - {class: data, codes: [malformed, refused]}
operations:
  - name: numbers.list
    kind: query
    title: {zh: 列表}
    object: number
    paging: {strategy: page, number: page, size: size, first: 1, defaultSize: 3, maxSize: 3, total: true}
    request: [{field: page, type: int, title: {zh: 页}}, {field: size, type: int, title: {zh: 长}}]
  - name: numbers.scroll
    kind: query
    title: {zh: 滚动}
    object: number
    paging: {strategy: cursor, token: token, size: size, defaultSize: 3, maxSize: 3}
    request: [{field: token, title: {zh: 标记}}, {field: size, type: int, title: {zh: 长}}]
  - name: numbers.offset
    kind: query
    title: {zh: 偏移}
    object: number
    paging: {strategy: offset, offset: start, size: size, defaultSize: 3, maxSize: 3}
    request: [{field: start, type: int, title: {zh: 起}}, {field: size, type: int, title: {zh: 长}}]
  - name: changes.list
    kind: query
    title: {zh: 变更}
    object: change
    key: "{{id}}"
    window: {from: from, to: to, format: unix, span: 20s, granularity: 1s, lag: 0s, lookBack: 0s}
    paging: {strategy: page, direction: backward, number: page, size: size, first: 1, defaultSize: 3, maxSize: 3, total: true}
    request:
      - {field: page, type: int, title: {zh: 页}}
      - {field: size, type: int, title: {zh: 长}}
      - {field: from, type: int, title: {zh: 从}}
      - {field: to, type: int, title: {zh: 到}}
  - name: bill.save
    kind: write
    title: {zh: 保存}
    object: bill
    request: [{field: no, title: {zh: 号}}, {field: amount, type: decimal, title: {zh: 金额}}]
    writing: {rowsKey: rows, maxRows: 10, defaultRows: 5, key: "{{no}}", answers: perRow, batch: perRow, create: {class: B, probe: true, compare: [no, amount]}}
  - name: bill.post
    kind: write
    title: {zh: 提交}
    object: post
    request: [{field: no, title: {zh: 号}}]
    writing: {rowsKey: rows, maxRows: 10, defaultRows: 5, key: "{{no}}", answers: all, batch: atomic, create: {class: A, probe: true, compare: [no]}}
  - name: bill.set
    kind: write
    title: {zh: 更新}
    object: bill
    request: [{field: no, title: {zh: 号}}]
    writing: {maxRows: 1, defaultRows: 1, key: "{{no}}", answers: perRow, batch: perRow, update: {class: C, probe: true, compare: [no]}}
  - name: bill.push
    kind: write
    title: {zh: 下推}
    object: push
    request: [{field: no, title: {zh: 号}}]
    writing: {maxRows: 1, defaultRows: 1, answers: perRow, batch: perRow, create: {class: D}}
  - name: bill.close
    kind: action
    title: {zh: 关闭}
    object: bill
    rules: [{class: duplicate, message: closed already}]
    request: [{field: no, title: {zh: 号}}]
    writing: {maxRows: 1, defaultRows: 1, key: "{{no}}", answers: perRow, batch: perRow, update: {class: C}}
`

const (
	goodToken = "good-T0ken-77"
	badToken  = "bad-T0ken-88"
	rowsAll   = 10
)

// subject is a vendor and its connector in one, in memory, with a flaw or none.
type subject struct {
	flaw string
	host *connectortest.Host

	mu      sync.Mutex
	objects map[string][][]byte
	lose    bool
	reads   int
	busy    atomic.Int32
	stalled atomic.Pointer[chan struct{}]
	release chan struct{}
	// touched are rows that changed, and so come last.
	touched int
	// forgotten is the version of the state whose token the vendor knows no more, -1 at first.
	forgotten int64
}

func newSubject(flaw string) *subject {
	return &subject{flaw: flaw, host: connectortest.NewHost(time.Now), objects: map[string][][]byte{}, forgotten: -1}
}

func (s *subject) harness() connectortest.Harness {
	params := func(page connector.PageRef) []byte {
		return fmt.Appendf(nil, `{"page":%d,"start":%d,"token":%q,"size":%d}`, page.Number, page.Offset, page.Token, page.Size)
	}
	good := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"no":"N%d","amount":%d.50}`, n, n), fmt.Sprint("N", n)
	}
	bad := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"no":"N%d","bad":true}`, n), fmt.Sprint("N", n)
	}
	write := func(operation string) connectortest.Write {
		return connectortest.Write{
			Operation: operation, Params: []byte(`{}`), Row: good, BadRow: bad,
			LoseAnswer: func(connectortest.T) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.lose = true
			},
			Count: func(_ connectortest.T, key string) int {
				s.mu.Lock()
				defer s.mu.Unlock()
				return len(s.objects[operation+key])
			},
		}
	}
	set := write("bill.set")
	set.Mode = connector.Update
	closing := write("bill.close")
	closing.Mode, closing.Count = connector.Update, nil
	h := connectortest.Harness{
		Manifest: []byte(subjectManifest),
		Open:     func(connectortest.T) connector.Session { return &session{subject: s, token: goodToken} },
		OpenBad:  func(connectortest.T) connector.Session { return &session{subject: s, token: badToken} },
		Secrets:  []string{goodToken, badToken}, Host: s.host,
		Queries: []connectortest.Query{
			{Operation: "numbers.list", Params: params, Size: 3, Rows: rowsAll, Malformed: []byte(`{"page":"x"}`)},
			{Operation: "numbers.scroll", Params: params, Size: 3, Rows: rowsAll},
			{Operation: "numbers.offset", Params: params, Size: 3, Rows: rowsAll},
			{
				Operation: "changes.list", Size: 3, Rows: rowsAll,
				Params: func(page connector.PageRef) []byte { return changes(page, base(), base().Add(rowsAll*time.Second)) },
				Range:  &conformance.Range{From: base(), To: base().Add(rowsAll * time.Second), Params: changes},
				Shift: func(connectortest.T) {
					s.mu.Lock()
					defer s.mu.Unlock()
					s.touched++
				},
			},
		},
		Expire: func(t connectortest.T) {
			now, err := s.host.Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.forgotten = now.Version
		},
		Writes: []connectortest.Write{write("bill.save"), write("bill.post"), set, write("bill.push"), closing},
		Stall:  s.stall,
		Prompt: 300 * time.Millisecond,
		Wait:   func(time.Duration) {},
	}
	switch s.flaw {
	case "manifest":
		h.Manifest = []byte("id: [")
	case "no writes tried":
		h.Writes = nil
	case "no answer lost":
		h.Writes[0].LoseAnswer = nil
	case "undeclared mode":
		h.Writes[3].Mode = connector.Update
	case "undeclared query":
		h.Queries[1].Operation = "numbers.guess"
	}
	return h
}

func base() time.Time { return time.Unix(1_000_000, 0) }

// changes are the parameters of a page of a range.
func changes(page connector.PageRef, from, to time.Time) []byte {
	return fmt.Appendf(nil, `{"page":%d,"size":%d,"from":%d,"to":%d}`, page.Number, page.Size, from.Unix(), to.Unix())
}

// changed gives a page of the rows that changed in a range: row n changes at second n, until
// it is touched.
func (s *session) changed(page, size, from, to int) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	longest := 20
	if s.flaw == "a shorter span" {
		longest = 15
	}
	if to-from > longest {
		f := fault.New("vendor.malformed", "the range is too long")
		if s.flaw == "a longer range is retried" {
			f = f.Classed(fault.Transient)
		}
		return connector.Page{}, f
	}
	rows := []string{}
	for n := s.touched; n < rowsAll; n++ {
		at := int(base().Unix()) + n
		if at < from || at >= to || s.flaw == "both ends are left out" && at == from && n > 0 {
			continue
		}
		rows = append(rows, fmt.Sprintf(`{"id":%d,"at":%d}`, n, at))
	}
	if s.flaw == "the newest first" {
		slices.Reverse(rows)
		for n := range s.touched { // a change brings a row to the top, and pages shift
			rows = append([]string{fmt.Sprintf(`{"id":%d,"at":%d}`, n, to-1)}, rows...)
		}
	}
	first := min(max(0, (page-1)*size), len(rows))
	return connector.Page{Rows: []byte("[" + strings.Join(rows[first:min(first+size, len(rows))], ",") + "]"), Total: len(rows)}, nil
}

// renew gets another token where the vendor forgot the one that it gave.
func (s *session) renew(ctx context.Context) error {
	old, err := s.host.Get(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	forgotten := s.forgotten
	s.mu.Unlock()
	if old.Version > forgotten {
		return nil
	}
	if s.flaw == "nobody renews" {
		return fault.New("vendor.denied", "the token is forgotten")
	}
	changes := 1
	if s.flaw == "everybody renews" {
		changes = 3
	}
	for range changes {
		if old, err = s.host.CompareAndSwap(ctx, old, []byte("token"), 0); err != nil {
			return fault.New("subject.renewed", "another call renewed the token").Classed(fault.Transient)
		}
	}
	return nil
}

// stall holds the vendor's answers until the end of t.
func (s *subject) stall(t connectortest.T) <-chan struct{} {
	t.Helper()
	held := make(chan struct{})
	s.release = make(chan struct{})
	s.stalled.Store(&held)
	t.Cleanup(func() {
		s.stalled.Store(nil)
		close(s.release)
	})
	return held
}

// answer is every vendor call's way.
func (s *subject) answer(ctx context.Context) error {
	if held := s.stalled.Load(); held != nil {
		*held <- struct{}{}
		if s.flaw == "ignores the context" {
			<-s.release
		}
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil && s.flaw != "ignores the context" {
		return fault.New("subject.cancelled", "the call was cancelled").Because(err).Classed(fault.Transient)
	}
	return nil
}

// session is the subject's connector.
type session struct {
	*subject
	token  string
	closed bool
}

func (s *session) Check(ctx context.Context) (connector.Health, error) {
	if err := s.answer(ctx); err != nil {
		return connector.Health{}, err
	}
	if s.flaw == "secret in log" {
		s.host.Log(ctx, connector.Info, "checked", map[string]string{"with": s.token})
	}
	if s.flaw == "secret in trace" {
		s.host.Trace(ctx, connector.Exchange{Method: "GET", URL: "http://127.0.0.1/?token=" + s.token})
	}
	if err := s.renew(ctx); err != nil {
		return connector.Health{}, err
	}
	if s.token == goodToken || s.flaw == "accepts anyone" {
		return connector.Health{Account: "shop 1"}, nil
	}
	denied := fault.New("vendor.denied", "the token is refused")
	switch s.flaw {
	case "plain error":
		return connector.Health{}, errors.New("denied")
	case "secret in error":
		return connector.Health{}, fault.New("vendor.denied", "the token %s is refused", s.token)
	case "secret in cause":
		return connector.Health{}, denied.Because(errors.New("GET /?token=" + s.token))
	case "retries bad credentials":
		return connector.Health{}, denied.Classed(fault.Transient)
	}
	return connector.Health{}, denied
}

func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if err := s.answer(ctx); err != nil {
		return connector.Page{}, err
	}
	if !strings.HasPrefix(req.Operation, "numbers.") && req.Operation != "changes.list" && s.flaw != "unknown operation succeeds" {
		return connector.Page{}, fault.New("subject.operation_unknown", "no operation %s", req.Operation).Classed(fault.Config)
	}
	var p struct {
		From  int    `json:"from"`
		To    int    `json:"to"`
		Page  int    `json:"page"`
		Start int    `json:"start"`
		Size  int    `json:"size"`
		Token string `json:"token"`
	}
	if err := json.Unmarshal(req.Params, &p); err != nil && s.flaw != "malformed is fine" {
		f := fault.New("vendor.malformed", "the parameters are no good")
		if s.flaw == "malformed is retried" {
			f = f.Classed(fault.Transient)
		}
		return connector.Page{}, f
	}
	if req.Operation == "changes.list" {
		return s.changed(p.Page, p.Size, p.From, p.To)
	}
	start, total := p.Start, -1
	switch req.Operation {
	case "numbers.list":
		start, total = (p.Page-1)*p.Size, rowsAll
	case "numbers.scroll":
		_, _ = fmt.Sscanf(p.Token, "t%d", &start)
	}
	return s.page(req.Operation, max(0, start), p.Size, total), nil
}

// page cuts the rows; each flaw of reading is here.
func (s *session) page(operation string, start, size, total int) connector.Page {
	alone := s.busy.Add(1) == 1
	defer s.busy.Add(-1)
	s.mu.Lock()
	s.reads++
	reads := s.reads
	s.mu.Unlock()
	if s.flaw == "shares its answers" {
		for tries := 0; tries < 10_000 && s.busy.Load() == 1; tries++ {
			runtime.Gosched()
		}
		if !alone {
			start++
		}
	}
	if s.flaw == "oversized pages" && operation == "numbers.offset" {
		size++
	}
	if s.flaw == "wraps around" && start >= rowsAll {
		start = 0
	}
	var rows []string
	for n := start; n < min(start+size, rowsAll); n++ {
		row := fmt.Sprintf(`{"n":%d}`, n)
		if s.flaw == "reads differ" {
			row = fmt.Sprintf(`{"n":%d,"read":%d}`, n, reads)
		}
		rows = append(rows, row)
	}
	page := connector.Page{Rows: []byte("[" + strings.Join(rows, ",") + "]"), Total: total, More: start+size < rowsAll}
	if page.More && operation == "numbers.scroll" {
		page.NextToken = fmt.Sprint("t", start+size)
	}
	switch s.flaw {
	case "lying total":
		page.Total++
	case "no total":
		page.Total = -1
	case "announces more":
		page.More = page.More || operation == "numbers.scroll"
	case "rows are an object":
		page.Rows = []byte(`{"rows":[]}`)
	case "token in a circle":
		page.NextToken = "t3"
	}
	return page
}

func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if !strings.HasPrefix(batch.Operation, "bill.") {
		f := fault.New("subject.operation_unknown", "no operation %s", batch.Operation).Classed(fault.Config)
		if s.flaw == "unknown write may be applied" {
			return connector.Answers{}, f
		}
		return connector.Answers{}, f.Unapplied()
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flaw == "takes fewer rows" && len(rows) > 5 {
		return connector.Answers{}, fault.New("vendor.refused", "too many rows").Unapplied()
	}
	atomicBatch := batch.Operation == "bill.post"
	broken := slices.ContainsFunc(rows, func(r []byte) bool { return bytes.Contains(r, []byte("bad")) })
	var answers connector.Answers
	for i, row := range rows {
		a := connector.Answer{Outcome: connector.Done, ID: "id-" + batch.Keys[i], Number: batch.Keys[i], Raw: []byte(`{}`)}
		if s.flaw == "names nothing" {
			a.ID, a.Number = "", ""
		}
		bad := bytes.Contains(row, []byte("bad"))
		switch {
		case atomicBatch && broken && s.flaw != "half a batch", bad, broken && s.flaw == "a bad row stops all":
			a = connector.Answer{Outcome: connector.Rejected, Code: "refused", Message: "the row is refused"}
		case batch.Operation == "bill.close" && s.objects[batch.Operation+batch.Keys[i]] != nil:
			a = connector.Answer{Outcome: connector.Rejected, Code: "closed", Message: "the bill is closed already"}
			if s.flaw == "an action that is done is wrong" {
				a.Message = "wrong state"
			}
		default:
			s.store(batch, i, row)
		}
		answers.Rows = append(answers.Rows, a)
	}
	if atomicBatch && broken && s.flaw == "half a batch" {
		for i := range answers.Rows {
			answers.Rows[i].Outcome = connector.Rejected
		}
	}
	return s.answered(answers)
}

// store keeps a row: a native key and an update replace what is there.
func (s *session) store(batch connector.Batch, i int, row []byte) {
	key := batch.Operation + batch.Keys[i]
	if s.flaw == "amount is rounded" {
		row = bytes.ReplaceAll(row, []byte(".50"), []byte(".00"))
	}
	if batch.Operation != "bill.save" && s.flaw != "keys are no keys" {
		s.objects[key] = nil
	}
	s.objects[key] = append(s.objects[key], row)
	if s.flaw == "writes twice" {
		s.objects[key] = append(s.objects[key], row)
	}
}

func (s *session) answered(answers connector.Answers) (connector.Answers, error) {
	if s.lose {
		s.lose = false
		cut := fault.New("vendor.cut", "the connection was cut")
		switch s.flaw {
		case "lost is unapplied":
			return connector.Answers{}, cut.Unapplied()
		case "lost is done":
			return answers, nil
		case "lost is final":
			return connector.Answers{}, cut.Classed(fault.Data)
		}
		return connector.Answers{}, cut
	}
	switch s.flaw {
	case "answers in disorder":
		slices.Reverse(answers.Rows)
	case "one answer short":
		answers.Rows = answers.Rows[:len(answers.Rows)-1]
	}
	return answers, nil
}

func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if !strings.HasPrefix(req.Operation, "bill.") {
		return nil, fault.New("subject.operation_unknown", "no operation %s", req.Operation).Classed(fault.Config)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]connector.Found, len(req.Keys))
	for i, key := range req.Keys {
		objects := s.objects[req.Operation+key]
		if s.flaw == "finds anything" {
			found[i].Exists = true
		}
		if len(objects) > 0 {
			found[i] = connector.Found{Exists: true, ID: "id-" + key, Number: key, Object: objects[0]}
		}
	}
	return found, nil
}

func (s *session) Close(context.Context) error {
	if s.flaw == "leaks" {
		go func() { select {} }()
	}
	if s.flaw == "closes once" && s.closed {
		return fault.New("subject.closed", "closed already")
	}
	s.closed = true
	return nil
}
