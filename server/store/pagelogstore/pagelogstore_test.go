package pagelogstore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/pagelog"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/pagelogstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// TestTheNewestAreKept: of each flow the newest, none that is old, whole characters of what is long,
// and nothing of another workspace.
func TestTheNewestAreKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, flow := range []string{"a", "b"} {
			must(db.Write(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,updated_at) VALUES (?,?,?,?,'','{}',1)", 50+i, 7+i, flow, flow).Error
			}))
		}
		must(db.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO connection (id,workspace_id,name,connector,settings,updated_at) VALUES (9,7,'jst','jushuitan','{}',1)").Error
		}))
		s := pagelogstore.New(db)
		asked := func(flow ledger.ID, page int, started ledger.Millis) pull.Asked {
			return pull.Asked{
				Workspace: 7 + flow - 50, Flow: flow, Run: 3, Connection: 9, Window: 4, Node: "refunds", Operation: "refund.single.query", Attempt: 1, Page: page,
				Request: fmt.Appendf(nil, `{"page":%d}`, page), Response: []byte(`[{"id":1}]`), Rows: 1, Total: 20, Started: started, Ended: started + 5,
			}
		}
		must(s.Keep(t.Context(), []pull.Asked{asked(50, 1, 100), asked(51, 1, 100), asked(50, 2, 900)}, 3, 0))
		refused := asked(50, 5, 903)
		refused.Fault, refused.Response = fault.New("vendor.199", "too often: %s", "5"), []byte("x"+strings.Repeat("单", pagelog.MaxBody))
		must(s.Keep(t.Context(), []pull.Asked{asked(50, 3, 901), asked(50, 4, 902), refused}, 3, 500))

		all, err := s.Of(t.Context(), 7, "a", 10)
		must(err)
		if len(all) != 3 || all[0].Page != 5 || all[2].Page != 3 || all[0].Connection != "jst" || all[0].Code != "vendor.199" || all[0].Args["0"] != "5" || all[1].Code != "" {
			t.Errorf("%+v", all)
		}
		c, connection, err := s.Content(t.Context(), 7, "a", all[0].ID)
		must(err)
		if connection != "jst" || string(c.Request) != `{"page":5}` || len(c.Response) > pagelog.MaxBody || !strings.HasSuffix(string(c.Response), "单") || all[0].ResponseSize != 1+3*pagelog.MaxBody || c.RequestCut || !c.ResponseCut {
			t.Errorf("%s %s, %d of %d bytes", connection, c.Request, len(c.Response), all[0].ResponseSize)
		}
		for _, err := range []error{
			second(s.Of(t.Context(), 8, "a", 10)), third(s.Content(t.Context(), 8, "a", all[0].ID)), third(s.Content(t.Context(), 8, "b", all[0].ID)), third(s.Content(t.Context(), 7, "a", 1)),
		} {
			if !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("another workspace is told %v", err)
			}
		}
		if rest, err := s.Of(t.Context(), 8, "b", 10); err != nil || len(rest) != 0 {
			t.Errorf("what is old is still there: %+v, %v", rest, err)
		}
	})
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }
