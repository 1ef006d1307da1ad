package lists_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/plugins/tryton/internal/lists"
	"github.com/karezflow/karez/sdk/item"
)

func TestIn(t *testing.T) {
	t.Parallel()
	record := item.Of([]byte(`{"id":1,"lines":[7,8],"lines.":[{"id":7,"taxes":[3],"taxes.":[{"id":3,"parts":[9]}]},{"id":8,"taxes":[]}],"notes":[]}`))
	got := lists.In(record, []string{"lines", "lines.taxes", "lines.taxes.parts", "notes"})
	want := lists.There{"lines": {
		{ID: "7", Lists: lists.There{"taxes": {{ID: "3", Lists: lists.There{"parts": {{ID: "9"}}}}}}},
		{ID: "8", Lists: lists.There{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if ids := string(lists.Joined(got.IDs("lines"))); ids != "7,8" {
		t.Error(ids)
	}
}
