package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// all selects every row of the scheme Orders.
var all = fmt.Sprintf(`"scheme_id":%q,"begin_at":0,"end_at":%d`, sandbox.Orders, start().Unix())

// TestCallsAreThoseOfTheReference: the log-in, and each call with the token behind its address.
func TestCallsAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	var calls []string
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		calls = append(calls, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+r.Header.Get("Content-Type")+" "+string(body)))
		answering(`{"success":true,"code":0,"message":"success","content":{"list":[],"links":[],"total":0,"inserted":1,"failed":0,"dispatch_id":"d","id":"1"}}`)(w, r)
	})
	s := b.open()
	for _, params := range []string{
		`{"scheme_id":"S 1","begin_at":1646892000,"end_at":1646978400,"CONTENT_FNumber":"MAT","CONTENT_FQty":{"$gte":100},"CONTENT_FDate":"{\"$lte\":\"x\"}","CONTENT_none":"","other":1}`,
		`{"scheme_id":"S","data_id":"a/b"}`,
	} {
		if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: queryRows, Params: []byte(params), Page: connector.PageRef{Number: 2, Size: 10}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: dataLinks, Params: []byte(`{"scheme_id":"S"}`), Page: connector.PageRef{Number: 1, Size: 10}}); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{storeRows, storeOnce, wakeSource, wakeTarget} {
		if _, err := s.Write(t.Context(), connector.Batch{Operation: operation, Params: []byte(`{"scheme_id":"S"}`), Rows: []byte(`[{"FNumber":"1"}]`)}); err != nil {
			t.Fatal(err)
		}
	}
	const at, token = "/v2/open-api/business/", "?access_token=T%2F1"
	want := []string{
		`POST /v2/oauth application/json {"app_key":"k","app_secret":"s"}`,
		`POST ` + at + `S%201/query` + token + ` application/json {"begin_at":1646892000,"end_at":1646978400,"CONTENT_FNumber":"MAT","CONTENT_FQty":{"$gte":100},"CONTENT_FDate":{"$lte":"x"},"page":2,"pageSize":10}`,
		`GET ` + at + `S/find-one/a%2Fb` + token,
		`POST ` + at + `S/data-link` + token + ` application/json {"page":1,"pageSize":10}`,
		`POST ` + at + `S/store` + token + ` application/json {"content":[{"FNumber":"1"}]}`,
		`POST ` + at + `S/store` + token + ` application/json {"content":[{"FNumber":"1"}]}`,
		`GET ` + at + `S/dispatch-source` + token,
		`GET ` + at + `S/dispatch-target` + token,
	}
	if got := strings.Join(calls, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// TestCallsOfTheFirstVersion: a form with conditions, and a push as a public script sends it.
func TestCallsOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	var calls []string
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		calls = append(calls, r.Method+" "+r.RequestURI+" "+r.Header.Get("Content-Type")+" "+string(body))
		answering(`{"success":true,"code":0,"message":"","content":{"rows":[],"total":0}}`)(w, r)
	})
	b.given["version"], b.given["token"] = "v1", "tok"
	params := `{"scheme_id":"S","begin_at":1548562617,"end_at":1648562617,"CONTENT_OrgId_Number":"100","CONTENT_CreateDate":{"$gte":"2022-02-26 16:00:01"}}`
	if _, err := b.query(queryRows, params, connector.PageRef{Number: 1, Size: 10}); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{storeRows, storeOnce} {
		answers, err := b.write(operation, "S", `[{"id":"1"}]`)
		if err != nil || answers.Rows[0].Outcome != connector.Done {
			t.Errorf("%+v %v", answers, err)
		}
	}
	want := []string{
		`POST /api/open/operation/S/query application/x-www-form-urlencoded begin_at=1548562617&condition%5Bcontent.CreateDate%5D%5B%24gte%5D=2022-02-26+16%3A00%3A01&condition%5Bcontent.OrgId_Number%5D%5B%24eq%5D=100&end_at=1648562617&page=1&pageSize=10&token=tok`,
		`POST /api/open/operation/S application/json {"idCheck":true,"multiple":true,"id":1,"content":[{"id":"1"}]}`,
		`POST /api/open/operation/S application/json {"idCheck":false,"multiple":true,"id":1,"content":[{"id":"1"}]}`,
	}
	if got := strings.Join(calls, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	for _, operation := range []string{wakeSource, wakeTarget} {
		_, err := b.write(operation, "S", `[{}]`)
		expect(t, operation, err, "qeasy.needs_v2", fault.Config)
	}
	_, err := b.query(dataLinks, `{"scheme_id":"S"}`, connector.PageRef{})
	expect(t, dataLinks, err, "qeasy.needs_v2", fault.Config)
}

// TestRowsInEveryShapeOfTheDocumentation: the pages of the documentation disagree.
func TestRowsInEveryShapeOfTheDocumentation(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"list", "rows", "array", "content"} {
		for _, shape := range []string{"nested", "flat"} {
			b := newBench(t, "v2")
			b.set("listAt", `"`+at+`"`)
			b.set("rows", `"`+shape+`"`)
			list, page := b.rows(`{`+all+`}`, connector.PageRef{Number: 4, Size: 100})
			amount, id := "content.FAmount", "id"
			if shape == "flat" {
				amount, id = "FAmount", "_id"
			}
			if len(list) != 30 || list[0].Path(amount).Text() != "2180.00" || list[0].Field(id).Blank() {
				t.Errorf("%s %s: %d rows, %s", at, shape, len(list), list[0].Raw())
			}
			if want := map[bool]int{true: -1, false: 330}[at == "content"]; page.Total != want || page.SourceTime.IsZero() {
				t.Errorf("%s: a total of %d at %v", at, page.Total, page.SourceTime)
			}
			first, _ := b.rows(`{`+all+`}`, connector.PageRef{Number: 1, Size: 1})
			if raw := string(first[0].Raw()); !strings.Contains(raw, `"FAmount":98765432109876543.21`) {
				t.Errorf("the amount is spoilt: %s", raw)
			}
			probed, err := b.open().Probe(t.Context(), connector.ProbeRequest{Operation: storeRows, Params: []byte(`{` + all + `}`), Keys: []string{first[0].Field(id).Text(), "no"}})
			if err != nil || !probed[0].Exists || probed[0].ID == "" || item.Of(probed[0].Object).Field("FBillNo").Text() != "XSDD000001" || probed[1].Exists {
				t.Errorf("%+v %v", probed, err)
			}
		}
	}
}

func TestPullByID(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v2", "v1"} {
		b := newBench(t, version)
		first, _ := b.rows(`{`+all+`}`, connector.PageRef{Number: 1, Size: 1})
		params := `{` + all + `,"data_id":"` + first[0].Field("id").Text() + `"}`
		one, page := b.rows(params, connector.PageRef{})
		if len(one) != 1 || page.Total != 1 || one[0].Field("number").Text() != "XSDD000001" {
			t.Errorf("%s: %s", version, page.Rows)
		}
		for _, missing := range []string{"code", "null"} {
			b.set("missing", `"`+missing+`"`)
			if none, _ := b.rows(`{`+all+`,"data_id":"no such"}`, connector.PageRef{}); len(none) != 0 {
				t.Errorf("%s: %s is found", version, none[0].Raw())
			}
		}
	}
}

// TestOtherRowsAreNotTaken: a platform that takes no notice of the condition answers with
// whatever row comes first, which says nothing of the one that is asked for.
func TestOtherRowsAreNotTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t, "v1")
	b.set("findsID", "false")
	found, err := b.open().Probe(t.Context(), connector.ProbeRequest{Operation: storeRows, Params: []byte(`{` + all + `}`), Keys: []string{"no such"}})
	if f := classified(t, storeRows, err, "qeasy.look_up_ignored", fault.Config); f.Hint == "" || len(found) != 0 {
		t.Errorf("%+v %+v", found, f)
	}
	_, err = b.query(queryRows, `{`+all+`,"data_id":"no such"}`, connector.PageRef{})
	expect(t, queryRows, err, "qeasy.look_up_ignored", fault.Config)
}

// TestMissingRowsAndSchemes have one code, in either table: only their words part them.
func TestMissingRowsAndSchemes(t *testing.T) {
	t.Parallel()
	for codes, code := range map[string]string{`"interfaces"`: "vendor.40401", `"queries"`: "vendor.40003"} {
		b := newBench(t, "v2")
		b.set("codes", codes)
		found, err := b.open().Probe(t.Context(), connector.ProbeRequest{Operation: storeRows, Params: []byte(`{` + all + `}`), Keys: []string{"no such"}})
		if err != nil || found[0].Exists {
			t.Errorf("%s: %+v %v", codes, found, err)
		}
		_, err = b.query(queryRows, `{"scheme_id":"none","data_id":"x"}`, connector.PageRef{})
		expect(t, queryRows, err, code, fault.Config)
	}
}

// TestAnswersWithoutContent are none: nothing says that there are no rows.
func TestAnswersWithoutContent(t *testing.T) {
	t.Parallel()
	for answer, code := range map[string]string{
		`{"success":true,"code":0,"message":"success"}`:                             "qeasy.answer_unreadable",
		`{"success":true,"code":0,"message":"success","content":{"items":[]}}`:      "qeasy.answer_unreadable",
		`{"success":true,"code":0,"message":"success","content":null}`:              "",
		`{"success":true,"code":0,"message":"success","content":{"total":0}}`:       "",
		`{"success":true,"code":0,"message":"success","content":[],"total":"none"}`: "",
	} {
		page, err := played(t, answering(answer)).query(queryRows, `{"scheme_id":"S"}`, connector.PageRef{Number: 1, Size: 10})
		if fault.CodeOf(err) != code || code == "" && string(page.Rows) != "[]" {
			t.Errorf("%s: %s %v", answer, page.Rows, err)
		}
	}
}

// TestFilters: a text may stand anywhere in the field with V2, and is the whole of it with V1.
func TestFilters(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string][2]int{
		`"CONTENT_FBillNo":"XSDD00000"`:                               {9, 0},
		`"CONTENT_FBillNo":"XSDD000007"`:                              {1, 1},
		`"CONTENT_FAmount":{"$gte":2150,"$lt":2164}`:                  {2, 2},
		`"CONTENT_FAmount":"{\"$gt\": 2150}","CONTENT_FStatus":"审核中"`: {17, 17},
		`"CONTENT_FNote":"{"`:                                         {110, 0},
		`"CONTENT_FNote":"{\"$gte\":1}{{x}}😀"`:                        {110, 110},
	} {
		for n, version := range []string{"v2", "v1"} {
			_, page := newBench(t, version).rows(`{`+all+`,`+filter+`}`, connector.PageRef{Number: 1, Size: 1})
			if page.Total != want[n] {
				t.Errorf("%s with %s: %d rows, want %d", filter, version, page.Total, want[n])
			}
		}
	}
}

// TestRefusalsByBothTablesOfCodes: whichever page of the documentation is right, and whether
// or not the status of the answer says it too.
func TestRefusalsByBothTablesOfCodes(t *testing.T) {
	t.Parallel()
	scheme := func(id string) string { return `{"scheme_id":"` + id + `","begin_at":1,"end_at":2}` }
	for name, tc := range map[string]struct {
		params  string
		codes   [3]string
		class   fault.Class
		applied bool
	}{
		"no such scheme": {scheme("none"), [3]string{"40401", "40003", "404"}, fault.Config, false},
		"not permitted":  {scheme(sandbox.Closed), [3]string{"40301", "40004", "403"}, fault.Auth, false},
		"large page":     {`{` + all + `,"pageSize":101}`, [3]string{"40001", "40005", "400"}, fault.Config, true},
		"odd page":       {`{` + all + `,"page":"x"}`, [3]string{"40001", "40005", "400"}, fault.Config, true},
		"no range":       {`{"scheme_id":"` + sandbox.Orders + `"}`, [3]string{"40001", "40005", "400"}, fault.Config, true},
		"odd operator":   {`{` + all + `,"CONTENT_a":{"$where":"1"}}`, [3]string{"40001", "40005", "400"}, fault.Config, true},
	} {
		for n, setting := range []string{`"interfaces"`, `"queries"`, ""} {
			for _, status := range []string{`"200"`, `"http"`} {
				version := "v2"
				if setting == "" {
					version = "v1"
				}
				b := newBench(t, version)
				if setting != "" {
					b.set("codes", setting)
				}
				b.set("status", status)
				params := tc.params
				page := connector.PageRef{Number: 1, Size: 10}
				if name == "odd page" {
					page.Number = 0
				}
				if version == "v1" && name == "not permitted" {
					params = scheme(sandbox.Inbox)
				}
				_, err := b.query(queryRows, params, page)
				t.Log(name, version, setting, status)
				if f := classified(t, queryRows, err, "vendor."+tc.codes[n], tc.class); f.NotApplied == tc.applied {
					t.Errorf("%s: unapplied %v", name, f.NotApplied)
				}
			}
		}
	}
	b := newBench(t, "v2")
	_, err := b.query(queryRows, `{}`, connector.PageRef{})
	expect(t, queryRows, err, "qeasy.scheme_missing", fault.Config)
	_, err = b.query("no.such", scheme(sandbox.Orders), connector.PageRef{})
	expect(t, "no.such", err, "connector.unknown_operation", fault.Config)
}

// TestFailuresOfThePlatform say nothing of whether a row was taken.
func TestFailuresOfThePlatform(t *testing.T) {
	t.Parallel()
	for n, version := range []string{"v2", "v2", "v1"} {
		for _, status := range []string{`"200"`, `"http"`} {
			b := newBench(t, version)
			b.set("codes", []string{`"interfaces"`, `"queries"`, `"queries"`}[n])
			b.set("status", status)
			s := b.open()
			if _, err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.set("broken", "true")
			code := "vendor." + []string{"50001", "50000", "500"}[n]
			_, err := s.Check(t.Context())
			expect(t, queryRows, err, code, fault.Transient)
			_, err = s.Write(t.Context(), connector.Batch{Operation: storeRows, Params: []byte(`{"scheme_id":"` + sandbox.Inbox + `"}`), Rows: []byte(`[{"id":"1","FNumber":"1"}]`), Keys: []string{"1"}})
			if f := classified(t, storeRows, err, code, fault.Transient); f.NotApplied || f.RetryAfter == 0 || f.Hint == "" {
				t.Errorf("%s %s: %+v", version, status, f)
			}
		}
	}
}

func TestCredentialsAndTokens(t *testing.T) {
	t.Parallel()
	for _, codes := range []string{`"interfaces"`, `"queries"`} {
		for _, status := range []string{`"200"`, `"http"`} {
			b := newBench(t, "v2")
			b.set("codes", codes)
			b.set("status", status)
			s := b.open()
			for range 2 {
				if _, err := s.Check(t.Context()); err != nil {
					t.Fatal(err)
				}
				b.set("expireTokens", "true")
			}
			if n := connectortest.Calls(t, b.kit)[oauth]; n != 2 {
				t.Errorf("%s %s: %d log-ins for a token that ended once", codes, status, n)
			}
			b.given["appSecret"] = "wrong"
			_, err := b.open().Check(t.Context())
			expect(t, queryRows, err, map[string]string{`"interfaces"`: "vendor.40101", `"queries"`: "vendor.40001"}[codes], fault.Auth)
		}
	}
}

func TestTokensAreRenewedBeforeTheirEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, "v2")
	s := b.open()
	for _, pass := range []time.Duration{0, 114*time.Minute + 59*time.Second, time.Second} {
		b.clock.Pass(pass)
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := connectortest.Calls(t, b.kit)[oauth]; n != 2 {
		t.Errorf("%d log-ins", n)
	}
}

func TestWhoeverCallsTooOftenWaitsFiveMinutes(t *testing.T) {
	t.Parallel()
	for status, wait := range map[string]time.Duration{`"200"`: 0, `"http"`: 300 * time.Second} {
		b := newBench(t, "v2")
		b.set("perMinute", "60")
		b.set("status", status)
		s := b.open()
		for range 59 {
			if _, err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Check(t.Context())
		if f := classified(t, queryRows, err, "vendor.42901", fault.Rate); !f.NotApplied || fault.From(err).RetryAfter != wait || f.RetryAfter != 5*time.Minute {
			t.Errorf("%s: %+v", status, f)
		}
		b.clock.Pass(5*time.Minute - time.Second)
		if _, err = s.Check(t.Context()); fault.CodeOf(err) != "vendor.42901" {
			t.Errorf("%v", err)
		}
		b.clock.Pass(time.Second)
		if _, err = s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
