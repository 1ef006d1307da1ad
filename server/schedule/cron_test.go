package schedule_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/adhocore/gronx"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/schedule"
)

// reader gives a context in which somebody may look.
func reader(t *testing.T) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: 1, Role: access.Viewer})
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// service gives a scheduler without flows whose clock stands.
func service(now time.Time) *schedule.Service {
	return schedule.New(schedule.Config{Clock: func() time.Time { return now }})
}

// TestNext states what schedules mean, also where the zone's clock jumps:
// New York leaves out 2:00 to 3:00 on 2026-03-08 and repeats 1:00 to 2:00 on
// 2026-11-01; Lord Howe jumps by half an hour; Apia once left out a day; São Paulo
// left out the hour after midnight.
func TestNext(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cron, zone, from string
		want             []string
	}{
		"every ten minutes": {"*/10 * * * *", "Asia/Shanghai", "2026-01-01T10:03:00+08:00", []string{
			"2026-01-01T10:10:00+08:00", "2026-01-01T10:20:00+08:00",
		}},
		"strictly after":          {"0 10 * * *", "Asia/Shanghai", "2026-01-01T10:00:00+08:00", []string{"2026-01-02T10:00:00+08:00"}},
		"after a part of it":      {"0 10 * * *", "Asia/Shanghai", "2026-01-01T10:00:00.5+08:00", []string{"2026-01-02T10:00:00+08:00"}},
		"just before":             {"0 10 * * *", "Asia/Shanghai", "2026-01-01T09:59:59.999+08:00", []string{"2026-01-01T10:00:00+08:00"}},
		"the default zone":        {"0 2 * * *", "", "2026-01-01T00:00:00Z", []string{"2026-01-01T18:00:00Z"}},
		"a tag":                   {"@hourly", "UTC", "2026-01-01T10:03:00Z", []string{"2026-01-01T11:00:00Z"}},
		"white space":             {" 5  4 * * * ", "UTC", "2026-01-01T10:03:00Z", []string{"2026-01-02T04:05:00Z"}},
		"names of days":           {"0 9 * * MON-FRI", "Asia/Shanghai", "2026-01-02T12:00:00+08:00", []string{"2026-01-05T09:00:00+08:00"}},
		"the 31st":                {"0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", []string{"2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"}},
		"a leap day":              {"0 0 29 2 *", "America/New_York", "2026-01-01T00:00:00Z", []string{"2028-02-29T05:00:00Z", "2032-02-29T05:00:00Z"}},
		"a day that never is":     {"0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", nil},
		"one that never is, east": {"0 0 31 4 *", "America/New_York", "2026-01-01T00:00:00Z", nil},

		"named hour that is left out": {"30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", []string{
			"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00",
		}},
		"several times of an hour that is left out are one": {"*/15 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", []string{
			"2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00",
		}},
		"left out and the one after": {"0 2,3 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", []string{
			"2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00", "2026-03-09T03:00:00-04:00",
		}},
		"named hour before the jump": {"59 1 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", []string{
			"2026-03-08T01:59:00-05:00", "2026-03-09T01:59:00-04:00",
		}},
		"every hour leaves out": {"0 * * * *", "America/New_York", "2026-03-08T00:30:00-05:00", []string{
			"2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T04:00:00-04:00",
		}},
		"every half hour leaves out": {"*/30 * * * *", "America/New_York", "2026-03-08T01:20:00-05:00", []string{
			"2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00",
		}},
		"named hour that is repeated": {"30 1 * * *", "America/New_York", "2026-10-31T12:00:00-04:00", []string{
			"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00",
		}},
		"from within the second time": {"45 1 * * *", "America/New_York", "2026-11-01T01:30:00-05:00", []string{"2026-11-02T01:45:00-05:00"}},
		"named hours around it": {"0 0-3 * * *", "America/New_York", "2026-10-31T23:30:00-04:00", []string{
			"2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00", "2026-11-01T03:00:00-05:00",
		}},
		"every half hour repeats": {"*/30 * * * *", "America/New_York", "2026-11-01T01:10:00-04:00", []string{
			"2026-11-01T01:30:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:00:00-05:00",
		}},
		"every second hour": {"0 */2 * * *", "America/New_York", "2026-03-08T00:30:00-05:00", []string{
			"2026-03-08T04:00:00-04:00", "2026-03-08T06:00:00-04:00",
		}},
		"half an hour is left out": {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", []string{
			"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z",
		}},
		"half an hour is repeated": {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", []string{
			"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z",
		}},
		"a whole day is left out": {"0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", []string{
			"2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z",
		}},
		"midnight that is left out": {"0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", []string{
			"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := service(at(t, tt.from)).Next(reader(t), tt.cron, tt.zone, max(len(tt.want), 1))
			if err != nil || len(got) != len(tt.want) {
				t.Fatalf("%v, %v, want %v", got, err, tt.want)
			}
			for i, want := range tt.want {
				if !got[i].Equal(at(t, want)) || got[i].Location() != time.UTC {
					t.Errorf("%d: %s, want %s", i, got[i], want)
				}
			}
		})
	}
}

func TestNextRefuses(t *testing.T) {
	t.Parallel()
	s := service(at(t, "2026-01-01T00:00:00Z"))
	for _, tt := range []struct{ cron, zone, code, path string }{
		{"", "UTC", "schedule.invalid", "cron"},
		{"* * * *", "UTC", "schedule.invalid", "cron"},
		{"* * * * * *", "UTC", "schedule.invalid", "cron"},
		{"61 * * * *", "UTC", "schedule.invalid", "cron"},
		{"a b c d e", "UTC", "schedule.invalid", "cron"},
		{"@everysecond", "UTC", "schedule.invalid", "cron"},
		{"@never", "UTC", "schedule.invalid", "cron"},
		{"* * * * *", "Mars/Olympus", "schedule.zone_unknown", "timezone"},
		{"* * * * *", "Local", "schedule.zone_unknown", "timezone"},
	} {
		_, err := s.Next(reader(t), tt.cron, tt.zone, 1)
		if f := fault.From(err); f == nil || f.Code != tt.code || f.Path != tt.path || f.Hint == "" {
			t.Errorf("%q in %q: %+v", tt.cron, tt.zone, f)
		}
	}
	if _, err := s.Next(t.Context(), "* * * * *", "", 1); fault.CodeOf(err) != "auth.login_required" {
		t.Errorf("%v", err)
	}
	for n, want := range map[int]int{-1: 5, 0: 5, 3: 3, 100000: 100} {
		if times, err := s.Next(reader(t), "* * * * *", "", n); err != nil || len(times) != want {
			t.Errorf("asked for %d: %d, %v", n, len(times), err)
		}
	}
}

// TestNextIsTheFirstMinuteThatIsDue compares with a walk over every minute of the
// zone's clock. The jumps are in TestNext.
func TestNextIsTheFirstMinuteThatIsDue(t *testing.T) {
	t.Parallel()
	field := func(low, high int) *rapid.Generator[string] {
		return rapid.OneOf(rapid.Just("*"), rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"*/" + text(t, 2, 7), text(t, low, high), text(t, low, high) + "," + text(t, low, high)}).Draw(t, "field")
		}))
	}
	rapid.Check(t, func(rt *rapid.T) {
		expression := field(0, 59).Draw(rt, "minute") + " " + field(0, 23).Draw(rt, "hour") + " " + field(1, 28).Draw(rt, "day") + " " +
			field(1, 12).Draw(rt, "month") + " " + field(0, 6).Draw(rt, "weekday")
		loc := zone(t, rapid.SampledFrom([]string{"Asia/Shanghai", "UTC", "Asia/Kolkata"}).Draw(rt, "zone"))
		from := time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(rt, "from"), 0)
		got, err := service(from).Next(reader(t), expression, loc.String(), 1)
		if err != nil {
			rt.Fatal(err)
		}
		checker := gronx.New()
		minute := from.Truncate(time.Minute)
		for range 12 * 60 {
			minute = minute.Add(time.Minute)
			due, err := checker.IsDue(expression, minute.In(loc))
			if err != nil {
				rt.Fatal(err)
			}
			if !due {
				continue
			}
			if len(got) != 1 || !got[0].Equal(minute) {
				rt.Fatalf("%s after %s: %v, want %s", expression, from, got, minute)
			}
			return
		}
		if len(got) == 1 && !got[0].After(minute) {
			rt.Fatalf("%s after %s: %v is not due", expression, from, got)
		}
	})
}

func text(t *rapid.T, low, high int) string {
	return strconv.Itoa(rapid.IntRange(low, high).Draw(t, "number"))
}

// FuzzNext: any text is refused with a code and the field it stands in, or gives
// firings that come one after the other, on whole minutes, each of them due, found
// in bounded time.
func FuzzNext(f *testing.F) {
	for _, text := range []string{
		"*/10 * * * *", "0 10 * * MON-FRI", "@hourly", "@weekly", "0 0 31 2 *", "59 23 29 2 *", "0 0 L * *", "0 0 * * 5#2", "1-5/2,7 0-23/6 */9 JAN,3-5 7", "5/0 * * * *", "*/-1 * * * *",
		"0 0 15W * ?", "99999999999999999999 * * * *", "* * * * * *", "@everysecond", "\x00 * * * *", "一 * * * *", "0-59/60 * * * *", "10-5 * * * *", "0 0 1 1 * 2027",
	} {
		f.Add(text, int64(1_767_225_600))
	}
	f.Fuzz(func(t *testing.T, text string, from int64) {
		after := time.Unix(from%4_000_000_000, 0)
		times, err := service(after).Next(reader(t), text, "America/New_York", 3)
		if err != nil {
			if coded := fault.From(err); coded.Code != "schedule.invalid" || coded.Path != "cron" {
				t.Fatalf("%q: %+v", text, coded)
			}
			return
		}
		for _, at := range times {
			if !at.After(after) || at.Second() != 0 {
				t.Fatalf("%q after %s fires at %s", text, after, at)
			}
			after = at
		}
	})
}
