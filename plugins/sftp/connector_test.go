package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	library "github.com/pkg/sftp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/karezflow/karez/plugins/sftp/sandbox"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func noon() time.Time { return time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC) }

// rig is a connector before a server of its own.
type rig struct {
	t    *testing.T
	box  *sandbox.Server
	host *connectortest.Host
}

func newRig(t *testing.T) *rig {
	t.Helper()
	box, err := sandbox.New(noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{t, box, connectortest.NewHost(noon)}
}

func (r *rig) set(body string) {
	r.t.Helper()
	connectortest.Control(r.t, sandboxkit.New(r.box, noon), `{"set":`+body+`}`)
}

// open opens a session with changed settings.
func (r *rig) open(change map[string]string) connector.Session {
	r.t.Helper()
	values := r.box.Credentials()
	maps.Copy(values, change)
	return connectortest.Open(r.t, newConnector(noon), r.host, values)
}

func (r *rig) refused(operation string, err error, code string, class fault.Class) *fault.Fault {
	r.t.Helper()
	return connectortest.Refused(r.t, []byte(manifestYAML), operation, err, code, class)
}

func (r *rig) write(s connector.Session, operation, row string) (connector.Answers, error) {
	r.t.Helper()
	mode := connector.Create
	if operation == opMove || operation == opDelete {
		mode = connector.Update
	}
	return s.(connector.Writer).Write(r.t.Context(), connector.Batch{
		Operation: operation, Mode: mode, Params: []byte("{}"), Rows: []byte("[" + row + "]"), Keys: []string{"k"},
	})
}

func (r *rig) done(s connector.Session, operation, row string) {
	r.t.Helper()
	if answers, err := r.write(s, operation, row); err != nil || answers.Rows[0].Outcome != connector.Done {
		r.t.Fatalf("%s %s: %+v %v", operation, row, answers, err)
	}
}

func query(t *testing.T, s connector.Session, operation, params string, size int, token string) (connector.Page, error) {
	t.Helper()
	return s.Query(t.Context(), connector.QueryRequest{
		Operation: operation, Params: []byte(params), Page: connector.PageRef{Size: size, Token: token},
	})
}

// all reads every page and gives a field of the rows.
func (r *rig) all(s connector.Session, operation, params, field string, size int) []string {
	r.t.Helper()
	var out []string
	token := ""
	for {
		page, err := query(r.t, s, operation, params, size, token)
		if err != nil {
			r.t.Fatalf("%s: %v", params, err)
		}
		rows, err := item.Rows(page.Rows)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, row := range rows {
			out = append(out, item.Of(row).Field(field).Text())
		}
		if token = page.NextToken; token == "" {
			return out
		}
	}
}

func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	r := newRig(t)
	read := func(operation, params, malformed string, size, rows int) connectortest.Query {
		return connectortest.Query{
			Operation: operation, Size: size, Rows: rows, Malformed: []byte(malformed),
			Params: func(connector.PageRef) []byte { return []byte(params) },
		}
	}
	for n := range 6 {
		r.box.Put(fmt.Sprintf("in/w-%d.txt", n), []byte("x"), noon().Add(time.Duration(n-8)*time.Hour))
	}
	ranged := read(opFiles, `{"folder":"in","pattern":"w-*"}`, `{"folder":"/in"}`, 2, 6)
	ranged.Name = "files of a time"
	ranged.Range = &conformance.Range{From: noon().Add(-9 * time.Hour), To: noon().Add(-time.Hour)}
	ranged.Params = func(p connector.PageRef) []byte { return ranged.Range.Params(p, ranged.Range.From, ranged.Range.To) }
	ranged.Range.Params = func(_ connector.PageRef, from, to time.Time) []byte {
		return fmt.Appendf(nil, `{"folder":"in","pattern":"w-*","from":%d,"to":%d}`, from.Unix(), to.Unix())
	}
	books := read(opRows, `{"folder":"in","pattern":"*.xlsx","keyColumn":"编码"}`, `{"folder":"in","header":"first"}`, 1, 3)
	books.Name = "rows of workbooks"
	file := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"path":"out/%d.txt","content":"第 %d 个"}`, n, n), fmt.Sprintf("out/%d.txt", n)
	}
	count := func(_ connectortest.T, key string) int {
		n := 0
		for _, name := range r.box.Names("out") {
			if "out/"+name == key {
				n++
			}
		}
		return n
	}
	lose := func(connectortest.T) { r.set(`{"loseAnswers":1}`) }
	old := func(n int) ([]byte, string) {
		name := fmt.Sprintf("in/old-%d.txt", n)
		r.box.Put(name, []byte("x"), noon()) // not settled: no query sees it
		return fmt.Appendf(nil, `{"path":%q,"to":"done/%d.txt"}`, name, n), name
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML), Host: r.host,
		Open: func(connectortest.T) connector.Session { return r.open(nil) },
		OpenBad: func(connectortest.T) connector.Session {
			return r.open(map[string]string{"password": "not-the-password"})
		},
		Secrets: []string{sandbox.Password, "not-the-password"},
		Queries: []connectortest.Query{
			read(opFiles, `{"folder":"in"}`, `{"folder":"../etc"}`, 2, 12),
			read(opRows, `{"folder":"in","pattern":"orders-*.csv","keyColumn":"no"}`, `{"folder":"in","pattern":"["}`, 3, 10), books, ranged,
		},
		Writes: []connectortest.Write{
			{Operation: opPut, Row: file, LoseAnswer: lose, Count: count},
			{Operation: opPut, Mode: connector.Update, Row: file, LoseAnswer: lose, Count: count},
			{Operation: opCreate, Row: file, LoseAnswer: lose, Count: count},
			{Operation: opMove, Mode: connector.Update, Row: old, LoseAnswer: lose},
			{Operation: opDelete, Mode: connector.Update, Row: old, LoseAnswer: lose},
		},
		Stall: func(t connectortest.T) <-chan struct{} {
			held, end := r.box.Stall()
			t.Cleanup(end)
			return held
		},
	})
}

func TestLogins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	plain, locked := r.box.PrivateKey(false), r.box.PrivateKey(true)
	for name, tc := range map[string]struct {
		change map[string]string
		code   string
		class  fault.Class
	}{
		"password":              {nil, "", ""},
		"key":                   {map[string]string{"password": "", "privateKey": plain}, "", ""},
		"key with a passphrase": {map[string]string{"password": "", "privateKey": locked, "passphrase": sandbox.Passphrase}, "", ""},
		"one of two prints":     {map[string]string{"hostKey": "SHA256:other, " + r.box.Fingerprint()}, "", ""},
		"wrong password":        {map[string]string{"password": "x"}, "sftp.login_refused", fault.Auth},
		"wrong user":            {map[string]string{"user": "nobody"}, "sftp.login_refused", fault.Auth},
		"nothing to log in":     {map[string]string{"password": ""}, "sftp.login_missing", fault.Config},
		"no print":              {map[string]string{"hostKey": ""}, "sftp.host_key_missing", fault.Config},
		"another print":         {map[string]string{"hostKey": "SHA256:" + strings.Repeat("A", 43)}, "sftp.host_key_differs", fault.Config},
		"nobody listens":        {map[string]string{"port": "1"}, "sftp.unreachable", fault.Transient},
		"too near":              {map[string]string{"reach": "private"}, "outbound.refused", fault.Config},
		"no such base":          {map[string]string{"base": "nothing"}, "sftp.missing", fault.Config},
	} {
		_, err := r.open(tc.change).Check(t.Context())
		if tc.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		f := r.refused("", err, tc.code, tc.class)
		if !f.NotApplied || strings.HasPrefix(tc.code, "sftp.host_key") && !strings.Contains(f.Message, r.box.Fingerprint()) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for _, phrase := range []string{"", "wrong"} {
		raw := `{"host":"h","user":"u"}`
		_, err := newConnector(noon).Open(t.Context(), connector.Account{Settings: []byte(raw), Secrets: map[string]string{"privateKey": locked, "passphrase": phrase}}, r.host)
		_ = r.refused("", err, "sftp.key_invalid", fault.Config)
	}
	if _, err := newConnector(noon).Open(t.Context(), connector.Account{Settings: []byte(`{`)}, r.host); fault.CodeOf(err) != "connection.settings_invalid" {
		t.Error(err)
	}
}

// TestSessionsThatAreRefused tells what a server refuses from a line that breaks.
func TestSessionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set, password, code string
		class               fault.Class
	}{
		"tries":     {`{"maxTries":1}`, "x", "sftp.login_refused", fault.Auth},
		"subsystem": {`{"noSubsystem":true}`, sandbox.Password, "sftp.subsystem_missing", fault.Config},
		"cut":       {`{"cutSessions":1}`, sandbox.Password, "sftp.cut", fault.Transient},
	} {
		r := newRig(t)
		r.set(tc.set)
		_, err := r.open(map[string]string{"password": tc.password}).Check(t.Context())
		if f := r.refused("", err, tc.code, tc.class); !f.NotApplied {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestServersThatCannotReplace is not parallel: what servers of the library offer is
// common to all of them.
func TestServersThatCannotReplace(t *testing.T) {
	if err := library.SetSFTPExtensions(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := library.SetSFTPExtensions("hardlink@openssh.com", "posix-rename@openssh.com", "statvfs@openssh.com"); err != nil {
			t.Error(err)
		}
	})
	r := newRig(t)
	s := r.open(nil)
	for range 2 { // the second time as after an answer that was lost
		r.done(s, opPut, `{"path":"out/a.txt","content":"one"}`)
	}
	for _, content := range []string{"two", "one and more"} {
		_, err := r.write(s, opPut, `{"path":"out/a.txt","content":"`+content+`"}`)
		if f := r.refused(opPut, err, "sftp.no_replacing", fault.Config); !f.NotApplied {
			t.Errorf("%+v", f)
		}
	}
}

// TestProbesOfPathsThatCannotBe: one of them does not keep the others from being looked up.
func TestProbesOfPathsThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	found, err := r.open(nil).(connector.Prober).Probe(t.Context(), connector.ProbeRequest{
		Operation: opCreate, Keys: []string{"../a", "nothing/a", "in/items.json/a", "in/items.json", "in/none", sandbox.Escape + "/keys"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		if f.Exists != (i == 3) {
			t.Errorf("%d: %+v", i, f)
		}
	}
}

// TestNoPasswordForStrangers keeps the password from a server with another key.
func TestNoPasswordForStrangers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set(`{"keyOnly":true}`)
	_, err := r.open(nil).Check(t.Context())
	_ = r.refused("", err, "sftp.login_refused", fault.Auth)
	// A server that would refuse the login is not asked: its key comes first.
	_, err = r.open(map[string]string{"hostKey": "SHA256:x"}).Check(t.Context())
	_ = r.refused("", err, "sftp.host_key_differs", fault.Config)
}

func TestTraversal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	for _, folder := range []string{"..", "../secret", "in/../../secret", "/secret", `in\..`, sandbox.Escape} {
		raw, err := json.Marshal(map[string]string{"folder": folder})
		if err != nil {
			t.Fatal(err)
		}
		_, err = query(t, s, opFiles, string(raw), 10, "")
		if fault.CodeOf(err) != "sftp.path_refused" {
			t.Errorf("%s: %v", folder, err)
		}
		for _, operation := range []string{opPut, opCreate, opDelete} {
			row, err := json.Marshal(map[string]string{"path": folder + "/keys", "content": "x"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.write(s, operation, string(row))
			if f := fault.From(err); f == nil || f.Code != "sftp.path_refused" || !f.NotApplied {
				t.Errorf("%s %s: %v", operation, folder, err)
			}
		}
		_, err = r.write(s, opMove, fmt.Sprintf(`{"path":"in/items.json","to":%q}`, folder+"/keys"))
		_ = r.refused(opMove, err, "sftp.path_refused", fault.Data)
	}
	if data, _ := r.box.File("../secret/keys"); string(data) != "not for you" {
		t.Errorf("the secret is %q", data)
	}
}

func TestFilesSettle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.box.Put("in/a-old.txt", []byte("xy"), noon().Add(-time.Minute))
	r.box.Put("in/a-new.txt", []byte("x"), noon().Add(-59*time.Second))
	r.box.Put("in/.a-hidden", []byte("x"), noon().Add(-time.Hour))
	page, err := query(t, r.open(nil), opFiles, `{"folder":"in","pattern":"*a-*"}`, 10, "")
	if want := `[{"path":"in/a-old.txt","name":"a-old.txt","size":2,"modified":"2026-03-05T11:59:00Z"}]`; err != nil || string(page.Rows) != want {
		t.Errorf("%s %v", page.Rows, err)
	}
	if got := r.all(r.open(map[string]string{"settle": "0"}), opFiles, `{"folder":"in","pattern":"a-*"}`, "name", 1); strings.Join(got, " ") != "a-new.txt a-old.txt" {
		t.Errorf("without settling: %v", got)
	}
	_, err = query(t, r.open(nil), opFiles, `{"folder":"nothing"}`, 10, "")
	_ = r.refused(opFiles, err, "sftp.missing", fault.Config)
}

func TestRows(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	for _, tc := range []struct{ params, field, want string }{
		{`{"folder":"in","pattern":"orders-1.csv"}`, "_key", "in/orders-1.csv#2 in/orders-1.csv#3 in/orders-1.csv#4 in/orders-1.csv#5"},
		{`{"folder":"in","pattern":"orders-*.csv","keyColumn":"no"}`, "_key", "SO001 SO002 SO003 SO004 SO005 SO006 SO007 SO008 SO009 SO010"},
		{`{"folder":"in","pattern":"gbk.csv","encoding":"gbk"}`, "名称", "坎儿井 吐鲁番"},
		{`{"folder":"in","pattern":"items.json"}`, "qty", "12.50 3 0"},
		{`{"folder":"in","pattern":"lines.ndjson"}`, "_line", "1 3"},
		{`{"folder":"in","pattern":"stock.xlsx"}`, "_key", "in/stock.xlsx#2 in/stock.xlsx#3 in/stock.xlsx#4"},
		{`{"folder":"in","pattern":"stock.xlsx","sheet":"库存","keyColumn":"编码"}`, "数量", "0.10 12345678901234567.89 0"},
		{`{"folder":"in","pattern":"stock.xlsx","header":0}`, "A", "编码 A1 A2 A3"},
		{`{"folder":"in","pattern":"gbk.csv","encoding":"auto"}`, "名称", "坎儿井 吐鲁番"},
	} {
		for _, size := range []int{1, 2, 4, 100} {
			if got := strings.Join(r.all(s, opRows, tc.params, tc.field, size), " "); got != tc.want {
				t.Errorf("%s by %d: %s", tc.params, size, got)
			}
		}
	}
	for params, code := range map[string]string{
		`{"folder":"in","pattern":"keys.bin"}`: "sftp.format_unknown", `{"format":"pdf"}`: "sftp.param_invalid", `{"encoding":"latin1"}`: "sftp.param_invalid",
		`{"delimiter":";;"}`: "sftp.param_invalid", `{"from":"yesterday"}`: "sftp.param_invalid", `{"pattern":"a/b"}`: "sftp.param_invalid",
		`{"header":"-1"}`: "sftp.param_invalid", `{"types":"a: money"}`: "sftp.param_invalid",
	} {
		r.box.Put("in/keys.bin", []byte("x"), noon().Add(-time.Hour))
		_, err := query(t, s, opRows, params, 10, "")
		_ = r.refused(opRows, err, code, fault.Config)
	}
}

// TestRowsOfAChangedFile does not mix two versions of a file.
func TestRowsOfAChangedFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	params := `{"folder":"in","pattern":"orders-1.csv"}`
	page, err := query(t, s, opRows, params, 2, "")
	if err != nil || page.NextToken == "" {
		t.Fatalf("%+v %v", page, err)
	}
	r.box.Put("in/orders-1.csv", []byte("no\nX\n"), noon().Add(-30*time.Minute))
	_, err = query(t, s, opRows, params, 2, page.NextToken)
	_ = r.refused(opRows, err, "sftp.changed", fault.Transient)
}

func TestWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	r.done(s, opPut, `{"path":"out/a.txt","content":"一"}`)
	r.done(s, opPut, `{"path":"out/a.txt","content":"二"}`)
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("三")
	if err != nil {
		t.Fatal(err)
	}
	r.done(s, opCreate, `{"path":"out/b.txt","content":"三","encoding":"gbk"}`)
	r.done(s, opCreate, `{"path":"out/c.bin","encoding":"base64","content":"`+base64.StdEncoding.EncodeToString([]byte{0, 255})+`"}`)
	large := strings.Repeat("0123456789", 50_000)
	r.done(s, opPut, `{"path":"out/d.txt","content":"`+large+`"}`)
	for name, want := range map[string]string{"a.txt": "二", "b.txt": gbk, "c.bin": "\x00\xff", "d.txt": large} {
		if got, _ := r.box.File("out/" + name); string(got) != want {
			t.Errorf("%s holds %.40q", name, got)
		}
	}
	for _, tc := range []struct {
		operation, row, code string
		class                fault.Class
	}{
		{opCreate, `{"path":"out/a.txt","content":"x"}`, "sftp.exists", fault.Duplicate},
		{opPut, `{"path":"out/e.txt","content":"😀","encoding":"gbk"}`, "sftp.content_invalid", fault.Data},
		{opPut, `{"path":"out/e.txt","content":"x","encoding":"rot13"}`, "sftp.content_invalid", fault.Data},
		{opPut, `{"path":"nothing/e.txt","content":"x"}`, "sftp.missing", fault.Config},
		{opPut, `{"path":"out/","content":"x"}`, "sftp.name_missing", fault.Data},
		{opPut, `{"content":"x"}`, "sftp.name_missing", fault.Data},
		{opMove, `{"path":"out/a.txt","to":"out/b.txt"}`, "sftp.exists", fault.Duplicate},
		{opMove, `{"path":"out/none.txt","to":"out/none2.txt"}`, "sftp.missing", fault.Data},
		{opDelete, `{"path":"out"}`, "sftp.is_folder", fault.Data},
	} {
		_, err := r.write(s, tc.operation, tc.row)
		if f := r.refused(tc.operation, err, tc.code, tc.class); !f.NotApplied {
			t.Errorf("%s %s may be applied", tc.operation, tc.row)
		}
	}
	r.done(s, opMove, `{"path":"out/a.txt","to":"done/a.txt"}`)
	r.done(s, opMove, `{"path":"out/a.txt","to":"done/a.txt"}`)
	r.done(s, opDelete, `{"path":"out/b.txt"}`)
	r.done(s, opDelete, `{"path":"out/b.txt"}`)
	if got := strings.Join(r.box.Names("out"), " ") + "|" + strings.Join(r.box.Names("done"), " "); got != "c.bin d.txt|a.txt" {
		t.Errorf("there are %s", got)
	}
}

// TestNoHalfFile has uploads end in their middle: nothing has the file's name, or the
// old file keeps it.
func TestNoHalfFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open(nil)
	r.done(s, opPut, `{"path":"out/old.txt","content":"old"}`)
	content := strings.Repeat("x", 200_000)
	for _, name := range []string{"old.txt", "new.txt"} {
		r.set(`{"cutUploads":1}`)
		_, err := r.write(s, opPut, fmt.Sprintf(`{"path":"out/%s","content":%q}`, name, content))
		if f := r.refused(opPut, err, "sftp.cut", fault.Transient); !f.NotApplied {
			t.Errorf("%s: %+v", name, f)
		}
	}
	r.set(`{"full":true}`)
	_, err := r.write(s, opCreate, `{"path":"out/full.txt","content":"x"}`)
	_ = r.refused(opCreate, err, "sftp.refused", fault.Config)
	r.set(`{"full":false}`)
	parts := 0
	for _, name := range r.box.Names("out") {
		switch {
		case strings.HasPrefix(name, ".karez-"):
			parts++
		case name != "old.txt":
			t.Errorf("%s is there", name)
		}
	}
	if old, _ := r.box.File("out/old.txt"); string(old) != "old" || parts != 2 {
		t.Errorf("old.txt holds %.20q, %d parts", old, parts)
	}
	if got := r.all(r.open(map[string]string{"settle": "0"}), opFiles, `{"folder":"out"}`, "name", 10); strings.Join(got, " ") != "old.txt" {
		t.Errorf("listed: %v", got)
	}
	r.done(s, opPut, `{"path":"out/new.txt","content":"whole"}`)
	if whole, _ := r.box.File("out/new.txt"); string(whole) != "whole" {
		t.Errorf("new.txt holds %.20q", whole)
	}
}
