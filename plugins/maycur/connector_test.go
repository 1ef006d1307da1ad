package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/maycur/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestLogInIsSigned(t *testing.T) {
	t.Parallel()
	want := "23ecc8dc72a2afccf2373a0d23b3946a559246b25c7c76cde4d0cc9dd5918796"
	if got := sign("sbxSecret", "UI000000TEST001", "1700000000000"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestCallsCarryTheTokenAndTheTime(t *testing.T) {
	t.Parallel()
	var bodies []string
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		bodies = append(bodies, r.URL.Path+" "+r.Header.Get("tokenId")+" "+r.Header.Get("entCode")+" "+r.Header.Get("Content-Type")+" "+string(body))
		loggedIn(`{"code":"ACK","data":[]}`)(w, r)
	})
	b.query(paidList, `{"pageSize":50,"pageNum":9,"startPaidTime":1,"endPaidTime":2,"paymentNo":""}`, connector.PageRef{Number: 3, Size: 50})
	want := []string{
		`/api/openapi/auth/login   application/json {"appCode":"a","timestamp":1772683200000,"secret":"` + sign("s", "a", "1772683200000") + `"}`,
		`/api/openapi/paymenttransaction/paid/list T E application/json {"timestamp":1772683200000,"data":{"pageSize":50,"startPaidTime":1,"endPaidTime":2,"pageNum":3}}`,
	}
	for i := range want {
		if i >= len(bodies) || bodies[i] != want[i] {
			t.Errorf("call %d:\n%s\nwant\n%s", i, bodies, want[i])
		}
	}
}

func TestPageNumMayBeTheOffset(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.settings["pageNum"] = "offset"
	b.set("pageNum", `"offset"`)
	var keys []string
	for n := 1; n <= 4; n++ {
		page := b.query(paidList, `{"pageSize":50}`, connector.PageRef{Number: n, Size: 50})
		for row := range item.Of(page.Rows).Elements() {
			keys = append(keys, row.Field("paymentBizCode").Text())
		}
	}
	if len(keys) != 160 || keys[0] != "PB2026020001" || keys[50] != "PB2026020051" {
		t.Errorf("%d rows, %v", len(keys), keys)
	}
}

func TestRowsKeepTheirBytesAndStandWhereTheConnectionSays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.query(paidList, `{"pageSize":2,"pageNum":1}`, connector.PageRef{Number: 1, Size: 2})
	if !strings.Contains(string(first.Rows), `"payableAmount":98765432109876543.21`) || !first.SourceTime.Equal(start()) || first.Total != -1 {
		t.Errorf("%s at %v of %d", first.Rows, first.SourceTime, first.Total)
	}
	b.set("rowsAt", `"data.list"`)
	_, err := b.open().Query(t.Context(), connector.QueryRequest{Operation: paidList, Params: []byte(`{"pageSize":2,"pageNum":1}`)})
	if f := classified(t, paidList, err, "maycur.rows_elsewhere", fault.Config); !strings.Contains(f.Message, "list") {
		t.Error(f.Message)
	}
	b.settings["rowsPath"] = "data.list"
	if second := b.query(paidList, `{"pageSize":2,"pageNum":1}`, connector.PageRef{Number: 1, Size: 2}); string(second.Rows) != string(first.Rows) {
		t.Errorf("%s", second.Rows)
	}
	// Calls of the interface that are known to answer under data still do.
	if n := count(t, b.query(waitingList, `{"pageSize":20}`, connector.PageRef{Size: 20})); n != 20 {
		t.Errorf("%d waiting", n)
	}
}

func TestEmptyListsMayBeLeftOut(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"code":"ACK","data":null}`, `{"code":"ACK"}`, `{"code":"ACK","data":[]}`} {
		if page := played(t, loggedIn(answer)).query(paidList, `{}`, connector.PageRef{Number: 1, Size: 50}); string(page.Rows) != "[]" {
			t.Errorf("%s: %s", answer, page.Rows)
		}
	}
	b := played(t, loggedIn(`{"answer":1}`))
	_, err := b.open().Query(t.Context(), connector.QueryRequest{Operation: paidList})
	expect(t, paidList, err, "maycur.answer_unreadable", fault.Transient)
}

func TestPullByNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := b.query(paidList, `{"paymentNo":"PB2026020007","pageSize":50}`, connector.PageRef{Number: 1, Size: 50})
	if count(t, page) != 1 || !strings.Contains(string(page.Rows), `"FKSQ000007"`) {
		t.Errorf("%s", page.Rows)
	}
	page = b.query(reimburse, `{"formCode":"报销00000003","pageSize":50,"offset":0}`, connector.PageRef{Size: 50})
	if count(t, page) != 1 || page.Total != 1 || !strings.Contains(string(page.Rows), `"formStatus":"SETTLEMENT"`) {
		t.Errorf("%s", page.Rows)
	}
	if b.calls("form/reimburse/报销00000003") != 1 {
		t.Error("the code does not stand in the path")
	}
	if page = b.query(reimburse, `{"formCode":"报销/没有"}`, connector.PageRef{}); string(page.Rows) != "[]" {
		t.Errorf("%s", page.Rows)
	}
}

func TestTheCodeOfAFormIsEscaped(t *testing.T) {
	t.Parallel()
	var asked string
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		loggedIn(`{"code":"ACK","data":{"formCode":"报销/1?a"}}`)(w, r)
	})
	if page := b.query(reimburse, `{"formCode":"报销/1?a"}`, connector.PageRef{}); count(t, page) != 1 || asked != "/api/openapi/form/reimburse/%E6%8A%A5%E9%94%80%2F1%3Fa" {
		t.Errorf("%s %s", asked, page.Rows)
	}
}

func TestFormsByState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := b.query(reimburse, fmt.Sprintf(`{"createdAtStart":%d,"createdAtEnd":%d,"formStatus":"REJECTED","pageSize":100,"offset":0}`, ms(30*24*time.Hour), ms(0)), connector.PageRef{Size: 100})
	if n := count(t, page); n != 32 {
		t.Errorf("%d forms", n)
	}
}

func TestWaitingTransactionsLeaveTheListWhenTheyArePaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.write(updateStatus, `{}`, `[{"sequence":0,"status":"CBS_EXPORTED"},{"sequence":1,"status":"PAY_FAIL","errorMsg":"余额不足"}]`); err != nil {
		t.Fatal(err)
	}
	page := b.query(waitingList, `{"pageSize":3}`, connector.PageRef{Size: 3})
	if page.NextToken != "4" || !page.More || count(t, page) != 3 {
		t.Errorf("%s next %q", page.Rows, page.NextToken)
	}
	last := b.query(waitingList, `{"pageSize":50}`, connector.PageRef{Size: 50, Token: "398"})
	if last.NextToken != "" || count(t, last) != 1 {
		t.Errorf("%s next %q", last.Rows, last.NextToken)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set, value, operation, params string
		code                          string
		class                         fault.Class
	}{
		"bad range":   {"", "", paidList, `{"startPaidTime":2,"endPaidTime":1,"pageSize":1,"pageNum":1}`, "vendor.NACK", fault.Config},
		"large page":  {"", "", paidList, `{"pageSize":101,"pageNum":1}`, "vendor.NACK", fault.Config},
		"no text":     {"", "", "org/departments", `{"start":"x"}`, "vendor.NACK", fault.Config},
		"too often":   {"perSecond", "1", employees, `{"offset":0,"limit":1}`, "vendor.NACK", fault.Rate},
		"clock":       {"clockSeconds", "1", paidList, `{"pageSize":1}`, "vendor.NACK", fault.Config},
		"unknown":     {"", "", "no.such", `{}`, "connector.unknown_operation", fault.Config},
		"no sequence": {"", "", waitingList, `{"sequence":"x"}`, "maycur.sequence_invalid", fault.Config},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.open()
			if _, err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tc.set != "" {
				b.set(tc.set, tc.value)
			}
			if name == "clock" {
				s.client.clock = func() time.Time { return start().Add(time.Minute) }
			}
			_, err := s.Query(t.Context(), connector.QueryRequest{Operation: tc.operation, Params: []byte(tc.params)})
			f := classified(t, tc.operation, err, tc.code, tc.class)
			if strings.Contains(fmt.Sprint(f.Message, f.Hint), sandbox.AppSecret) {
				t.Error("the secret shows")
			}
		})
	}
}

func TestWritesAreRefusedWithTheVendorsWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		operation, params, rows, code, words string
		class                                fault.Class
		unapplied                            bool
	}{
		{updateStatus, `{}`, `[{"sequence":99999,"status":"PAY_SUCCESS"}]`, "vendor.NACK", "流水号99999不存在", fault.Data, true},
		{updateStatus, `{}`, `[{"sequence":1,"status":"PAID"}]`, "vendor.NACK", "状态PAID不正确", fault.Data, true},
		{updateStatus, `{}`, `[{"sequence":1,"status":"PAY_FAIL"},{"sequence":2,"status":"PAID"}]`, "vendor.NACK", "状态PAID不正确", fault.Data, false},
		{"supplier/save", `{}`, `[{"businessCode":"S1","name":""}]`, "vendor.NACK", "名称不能为空：S1", fault.Data, true},
		{"employee/save", `{}`, `[{"employeeId":"N1","name":"x","mobile":"1","departments":[{"departmentBizCode":"X"}]}]`, "vendor.NACK", "部门X不存在", fault.BusinessWait, true},
		{importFees, `{"employeeId":"X"}`, `[{}]`, "vendor.false", "员工工号X不存在", fault.BusinessWait, true},
		{"no.such", `{}`, `[{}]`, "connector.unknown_operation", "no.such", fault.Config, true},
	} {
		_, err := newBench(t).write(tc.operation, tc.params, tc.rows)
		f := classified(t, tc.operation, err, tc.code, tc.class)
		if !strings.Contains(f.Message, tc.words) || f.NotApplied != tc.unapplied {
			t.Errorf("%s: %q unapplied %v", tc.rows, f.Message, f.NotApplied)
		}
	}
}

func TestImportedFees(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fee := `{"expenseTypeBizCode":"19002","consumeAmount":{"amount":555.55,"currency":"CNY"}}`
	answers, err := b.write(importFees, `{"employeeId":"E0001","note":null}`, `[`+fee+`]`)
	if err != nil || answers.Rows[0].ID != "FY00000001" || answers.Rows[0].Outcome != connector.Done {
		t.Fatalf("%+v %v", answers, err)
	}
	if raws, _ := b.vendor.Objects("expense"); string(raws[0]) != fee {
		t.Errorf("%s", raws)
	}
	answers, err = b.write(importFees, `{"employeeId":"E0001"}`, `[{}]`)
	if err != nil || answers.Rows[0].Outcome != connector.Rejected || answers.Rows[0].Message != "费用类型编码和消费金额不能为空" {
		t.Errorf("%+v %v", answers, err)
	}
	// Of several, an answer that leaves some out does not say which.
	answers, err = b.write(importFees, `{"employeeId":"E0001"}`, `[`+fee+`,{}]`)
	if err != nil || answers.Rows[0].Outcome != connector.Unknown || answers.Rows[1].Outcome != connector.Unknown {
		t.Errorf("%+v %v", answers, err)
	}
}

func TestSavingAgainChangesWhatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"甲", "乙"} {
		if _, err := b.write("supplier/save", `{}`, `[{"businessCode":"S1","name":"`+name+`"}]`); err != nil {
			t.Fatal(err)
		}
	}
	if all := b.objects("supplier", "businessCode"); len(all) != 1 || all["S1"].Field("name").Text() != "乙" {
		t.Errorf("%v", all)
	}
}

func TestTokenIsAskedForOnceInItsLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("loginSeconds", "1400")
	for range 24 {
		b.query(employees, `{"offset":0,"limit":1}`, connector.PageRef{Size: 1})
		b.clock.Pass(time.Minute)
	}
	if n := b.calls("auth/login"); n != 1 {
		t.Errorf("%d log-ins in 24 minutes", n)
	}
	b.clock.Pass(time.Minute)
	b.query(employees, `{"offset":0,"limit":1}`, connector.PageRef{Size: 1})
	if n := b.calls("auth/login"); n != 2 {
		t.Errorf("%d log-ins after 25 minutes", n)
	}
}

func TestTokenThatEndedEarlyIsRenewedOnce(t *testing.T) {
	t.Parallel()
	for _, as := range []string{`"nack"`, `"401"`} {
		b := newBench(t)
		b.set("expiredAs", as)
		sessions := []*session{b.open(), b.open()}
		for _, s := range sessions {
			if _, err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b.set("expireTokens", "true")
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				if _, err := sessions[n%2].Check(t.Context()); err != nil {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if n := b.calls("auth/login"); n != 2 {
			t.Errorf("%d log-ins as %s", n, as)
		}
	}
}

func TestATokenThatIsRefusedAtOnceIsNotTriedForever(t *testing.T) {
	t.Parallel()
	for as, code := range map[string]string{`"nack"`: "vendor.NACK", `"401"`: "vendor.401"} {
		b := newBench(t)
		b.set("expiredAs", as)
		b.set("tokenSeconds", "0")
		_, err := b.open().Check(t.Context())
		if f := classified(t, "", err, code, fault.Auth); f.Message != "tokenId已失效，请重新登录" {
			t.Error(f.Message)
		}
		if n := b.calls("auth/login"); n != 2 {
			t.Errorf("%d log-ins", n)
		}
	}
}

func TestFrequentLogInsWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("loginSeconds", "600")
	if _, err := b.open().Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.set("expireTokens", "true")
	_, err := b.open().Check(t.Context())
	expect(t, "", err, "vendor.NACK", fault.Rate)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	_, err := newConnector(start).Open(t.Context(), connector.Account{Settings: []byte(`[]`)}, nil)
	expect(t, "", err, "connection.settings_invalid", fault.Config)
}
