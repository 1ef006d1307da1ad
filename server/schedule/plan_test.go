package schedule_test

import (
	"slices"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/server/schedule"
)

func TestPlanOf(t *testing.T) {
	t.Parallel()
	after := at(t, "2026-01-02T08:55:00+08:00")
	for name, tt := range map[string]struct {
		zone     string
		triggers []flow.Trigger
		crons    []string
		wantZone string
		next     []string
	}{
		"none":              {"", []flow.Trigger{{Manual: true}}, nil, flow.DefaultTimezone, nil},
		"one, in a row":     {"", []flow.Trigger{{Schedule: "0 9 * * *"}}, []string{"0 9 * * *"}, flow.DefaultTimezone, []string{"2026-01-02T09:00:00+08:00", "2026-01-03T09:00:00+08:00", "2026-01-04T09:00:00+08:00"}},
		"two, interwoven":   {"", []flow.Trigger{{Schedule: "0 9 * * *"}, {Schedule: "0 21 * * *"}}, []string{"0 9 * * *", "0 21 * * *"}, flow.DefaultTimezone, []string{"2026-01-02T09:00:00+08:00", "2026-01-02T21:00:00+08:00", "2026-01-03T09:00:00+08:00"}},
		"the same moment":   {"", []flow.Trigger{{Schedule: "0 9 * * *"}, {Schedule: "0 9,10 * * *"}}, []string{"0 9 * * *", "0 9,10 * * *"}, flow.DefaultTimezone, []string{"2026-01-02T09:00:00+08:00", "2026-01-02T10:00:00+08:00", "2026-01-03T09:00:00+08:00"}},
		"its own zone":      {"UTC", []flow.Trigger{{Schedule: "0 9 * * *"}}, []string{"0 9 * * *"}, "UTC", []string{"2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z", "2026-01-04T09:00:00Z"}},
		"unreadable":        {"", []flow.Trigger{{Schedule: "sometimes"}, {Schedule: "@daily"}}, []string{"@daily"}, flow.DefaultTimezone, []string{"2026-01-03T00:00:00+08:00", "2026-01-04T00:00:00+08:00", "2026-01-05T00:00:00+08:00"}},
		"a day that is not": {"", []flow.Trigger{{Schedule: "0 0 30 2 *"}}, []string{"0 0 30 2 *"}, flow.DefaultTimezone, nil},
	} {
		doc := &flow.Document{}
		doc.Spec.Settings.Timezone, doc.Spec.Triggers = tt.zone, tt.triggers
		got := schedule.PlanOf(doc, after, 3)
		var want []time.Time
		for _, text := range tt.next {
			want = append(want, at(t, text))
		}
		if got.Zone != tt.wantZone || !slices.Equal(got.Crons, tt.crons) || !slices.EqualFunc(got.Next, want, time.Time.Equal) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
