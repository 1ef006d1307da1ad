package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
)

// TestAnswersInAnyOrder: whatever order a server answers the rows of a call in, whichever
// it leaves out, names twice, without an id or in the place of another, a row that counts
// as done is saved under the id that it is given, and one that counts as refused is not saved.
func TestAnswersInAnyOrder(t *testing.T) {
	t.Parallel()
	var body atomic.Value
	s := before(t, "", func(w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.URL.Path, "AuthService") {
			_, _ = w.Write([]byte(`{"LoginResultType":1,"KDSVCSessionId":"s"}`))
			return
		}
		_, _ = w.Write([]byte(body.Load().(string)))
	})
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "rows")
		indexed := rapid.Bool().Draw(rt, "indexed")
		var bills, saved, refused []string
		place := func(i int) string {
			if !indexed {
				return ""
			}
			return fmt.Sprintf(`,"DIndex":%d`, i)
		}
		entity := func(id, no, at int) string { return fmt.Sprintf(`{"Id":%d,"Number":"R%d"%s}`, id, no, place(at)) }
		kept, named := make([]bool, n), make([]bool, n)
		for i := range n {
			bills = append(bills, bill(fmt.Sprintf("R%d", i), ""))
			what := rapid.SampledFrom([]string{"saved", "saved", "left out", "twice", "twice with another id", "thrice with another id", "no id", "in another's place", "refused", "refused in silence"}).Draw(rt, "row")
			kept[i] = !strings.HasPrefix(what, "refused")
			named[i] = what == "saved" || what == "twice"
			switch what {
			case "saved":
				saved = append(saved, entity(100+i, i, i))
			case "twice":
				saved = append(saved, entity(100+i, i, i), entity(100+i, i, i))
			case "twice with another id":
				saved = append(saved, entity(100+i, i, i), entity(200+i, i, i))
			case "thrice with another id":
				saved = append(saved, entity(100+i, i, i), entity(200+i, i, i), entity(200+i, i, i))
			case "no id":
				saved = append(saved, entity(0, i, i))
			case "in another's place":
				saved = append(saved, entity(100+i, i, (i+1)%n))
			case "refused":
				refused = append(refused, `{"FieldName":"F","Message":"x"`+place(i)+`}`)
			}
		}
		misplaced := slices.ContainsFunc(saved, func(e string) bool {
			var id, no, at int
			_, err := fmt.Sscanf(e, `{"Id":%d,"Number":"R%d","DIndex":%d}`, &id, &no, &at)
			return err == nil && no != at
		})
		if saved = rapid.Permutation(saved).Draw(rt, "order"); len(saved)+len(refused) == 0 {
			return
		}
		body.Store(fmt.Sprintf(`{"Result":{"ResponseStatus":{"IsSuccess":%t,"Errors":[%s],"SuccessEntitys":[%s],"MsgCode":11}}}`,
			len(refused) == 0, strings.Join(refused, ","), strings.Join(saved, ",")))
		answers, err := s.Write(t.Context(), batch(bills...))
		if err != nil || len(answers.Rows) != n {
			rt.Fatalf("%d answers, %v", len(answers.Rows), err)
		}
		for i, a := range answers.Rows {
			switch {
			case a.Outcome == connector.Done && (!kept[i] || a.ID != fmt.Sprint(100+i)):
				rt.Fatalf("row %d is done as %q; saved %t; %s", i, a.ID, kept[i], body.Load())
			case a.Outcome == connector.Rejected && kept[i] && indexed:
				rt.Fatalf("row %d is refused and was saved; %s", i, body.Load())
			case a.Outcome != connector.Done && named[i] && !misplaced:
				rt.Fatalf("row %d was saved and is %s; %s", i, a.Outcome, body.Load())
			}
		}
	})
}
