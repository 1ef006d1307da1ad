package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/connector"
)

// pusher is a server that answers Push itself, which the sandbox does not know, and
// hands on everything else.
func pusher(r *rig, answer string, asked *string) session {
	r.t.Helper()
	to, err := url.Parse(r.server.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.Contains(q.URL.Path, ".Push.") {
			proxy.ServeHTTP(w, q)
			return
		}
		body, _ := io.ReadAll(q.Body)
		*asked = string(body)
		_, _ = io.WriteString(w, answer)
	}))
	r.t.Cleanup(server.Close)
	return r.open(map[string]string{"address": server.URL})
}

func pushing(rows string) connector.Batch {
	return connector.Batch{
		Operation: "push", Mode: connector.Create, Keys: []string{"PB1/0"}, Rows: []byte(rows),
		Params: []byte(`{"FormId":"CN_PAYAPPLY","RuleId":"rule-1","TargetFormId":"AP_PAYBILL","IsEnableDefaultRule":true}`),
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	const status = `{"Result":{"ResponseStatus":{"IsSuccess":%,"Errors":[#],"SuccessEntitys":[@],"SuccessMessages":[],"MsgCode":0},"ConvertResponseStatus":{}}}`
	cases := map[string]struct {
		success, errors, done string
		want                  connector.Answer
	}{
		"a bill":             {"true", "", `{"Id":200001,"Number":"FKD00000001","DIndex":0}`, connector.Answer{Outcome: connector.Done, ID: "200001", Number: "FKD00000001"}},
		"the first of two":   {"true", "", `{"Id":200001,"Number":"FKD1","DIndex":0},{"Id":200002,"Number":"FKD2","DIndex":1}`, connector.Answer{Outcome: connector.Done, ID: "200001", Number: "FKD1"}},
		"a draft":            {"true", "", `{"Id":200001,"Number":"","DIndex":0}`, connector.Answer{Outcome: connector.Done, ID: "200001", Warning: "the bill was kept as a draft without a number (暂存)"}},
		"a refusal":          {"false", `{"FieldName":"","Message":"单据已全部下推","DIndex":0}`, "", connector.Answer{Outcome: connector.Rejected, Code: "0", Message: "单据已全部下推"}},
		"nothing that names": {"true", "", "", connector.Answer{Outcome: connector.Unknown, Message: "the system reports success without the id of the bill"}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked string
			answer := strings.NewReplacer("%", tt.success, "#", tt.errors, "@", tt.done).Replace(status)
			answers, err := pusher(setup(t), answer, &asked).Write(t.Context(), pushing(`[{"Numbers":["FKSQ000001"],"TargetOrgId":100101}]`))
			if err != nil || len(answers.Rows) != 1 {
				t.Fatalf("%+v, %v", answers, err)
			}
			got := answers.Rows[0]
			got.Raw = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			equal(t, "request", asked, `{"formid":"CN_PAYAPPLY","data":{"RuleId":"rule-1","TargetFormId":"AP_PAYBILL","IsEnableDefaultRule":true,`+
				`"Numbers":["FKSQ000001"],"TargetOrgId":100101}}`)
		})
	}
}

func TestPushOfNothing(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]string{
		"no bill": `[{"TargetOrgId":1}]`, "two rows": `[{"Numbers":["A"]},{"Numbers":["B"]}]`, "no object": `[1]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			_, err := pusher(setup(t), `{}`, &asked).Write(t.Context(), pushing(rows))
			f := refused(t, err, "k3cloud.row_unidentified")
			equal(t, "not applied", f.NotApplied, true)
			equal(t, "asked", asked, "")
		})
	}
}
