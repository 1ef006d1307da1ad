package dates_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/script/internal/dates"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParse(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	for _, c := range []struct{ text, pattern, want string }{
		{"2026-01-31 10:30:00", "", "2026-01-31T10:30:00+08:00"},
		{"2026-01-31T10:30:00Z", "", "2026-01-31T18:30:00+08:00"},
		{"1769826600", "", "2026-01-31T10:30:00+08:00"},
		{"", "", "blank"},
		{"", "YYYY", "blank"},
		{"0000-00-00 00:00:00", "", "blank"},
		{"tomorrow", "", ""},
		{"31.1.2026 7h", "D.M.YYYY H[h]", "2026-01-31T07:00:00+08:00"},
		{"20260131103000123", "YYYYMMDDHHmmssSSS", "2026-01-31T10:30:00.123+08:00"},
		{"2026年01月31日", "YYYY[年]MM[月]DD日", "2026-01-31T00:00:00+08:00"},
		{"10:30", "HH:mm", "1970-01-01T10:30:00+08:00"},
		{"2026-02-29", "YYYY-MM-DD", ""},
		{"2026-01-31 24:00", "YYYY-MM-DD HH:mm", ""},
		{"2026-1-31", "YYYY-MM-DD", ""},
		{"2026-01-31 ", "YYYY-MM-DD", ""},
		{"26", "YY", ""},
		{"2026", "YYYY[", ""},
	} {
		got, blank, err := dates.Parse(c.text, c.pattern, z)
		said := got.In(z).Format(time.RFC3339Nano)
		switch {
		case err != nil:
			said = ""
		case blank:
			said = "blank"
		}
		if said != c.want {
			t.Errorf("%q by %q gives %q (%v), want %q", c.text, c.pattern, said, err, c.want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	at := time.Date(2026, 1, 3, 4, 5, 6, 7_000_000, z)
	for form, want := range map[string]string{
		"": "2026-01-03 04:05:06", "date": "2026-01-03", "dateTime": "2026-01-03 04:05:06", "unix": "1767384306", "iso": "2026-01-03T04:05:06",
		"dateDescription": "1小时前", "YYYY/M/D H:m:s.SSS": "2026/1/3 4:5:6.007", "YYYYMMDD": "20260103", "[date] DD": "date 03", "YYYY年": "2026年",
		"round(2)": "", "hh": "", "[x": "",
	} {
		if got, err := dates.Format(at.UTC(), form, z, at.Add(time.Hour)); got != want || (err != nil) != (want == "") {
			t.Errorf("%q gives %q, %v; want %q", form, got, err, want)
		}
	}
}

func TestAddAndDiff(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	at := func(text string) time.Time {
		t.Helper()
		m, err := time.ParseInLocation(time.DateTime, text, z)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		from string
		n    int64
		unit string
		want string
	}{
		{"2026-01-31 10:00:00", 1, "month", "2026-02-28 10:00:00"},
		{"2026-01-31 10:00:00", 25, "month", "2028-02-29 10:00:00"},
		{"2024-02-29 00:00:00", -1, "year", "2023-02-28 00:00:00"},
		{"2026-03-31 10:00:00", -1, "month", "2026-02-28 10:00:00"},
		{"2026-03-07 12:00:00", 1, "day", "2026-03-08 12:00:00"}, // an hour is skipped that night
		{"2026-03-07 12:00:00", 24, "hour", "2026-03-08 13:00:00"},
		{"2026-01-31 23:59:30", 45, "second", "2026-02-01 00:00:15"},
		{"2026-01-31 23:59:30", 1, "minute", "2026-02-01 00:00:30"},
		{"2026-01-01 00:00:00", -2, "week", "2025-12-18 00:00:00"},
		{"2026-01-01 00:00:00", 1_000_000, "day", "4763-11-29 00:00:00"},
	} {
		got, err := dates.Add(at(c.from), c.n, c.unit, z)
		if err != nil || got.Format(time.DateTime) != c.want {
			t.Errorf("%s + %d %s = %s, %v; want %s", c.from, c.n, c.unit, got.Format(time.DateTime), err, c.want)
		}
	}
	for _, c := range []struct {
		from, to, unit string
		want           int64
	}{
		{"2026-01-31 10:00:00", "2026-02-28 09:59:59", "month", 0},
		{"2026-01-31 10:00:00", "2026-02-28 10:00:00", "month", 1},
		{"2026-03-31 10:00:00", "2026-02-28 10:00:00", "month", -1},
		{"2026-03-31 10:00:00", "2026-02-28 10:00:01", "month", 0},
		{"2020-02-29 00:00:00", "2026-02-28 00:00:00", "year", 6},
		{"2026-03-07 12:00:00", "2026-03-08 12:00:00", "day", 1},
		{"2026-03-07 12:00:00", "2026-03-08 12:00:00", "hour", 23},
		{"2026-01-01 00:00:00", "2026-01-20 00:00:00", "week", 2},
		{"2026-01-20 00:00:00", "2026-01-01 00:00:01", "day", -18},
		{"1600-01-01 00:00:00", "2600-01-01 00:00:00", "day", 365243},
		{"2026-01-01 00:00:00", "2026-01-01 01:01:59", "minute", 61},
		{"2026-01-01 00:00:00", "2026-01-01 01:01:59", "second", 3719},
	} {
		if got, err := dates.Diff(at(c.from), at(c.to), c.unit, z); err != nil || got != c.want {
			t.Errorf("from %s to %s are %d %ss, %v; want %d", c.from, c.to, got, c.unit, err, c.want)
		}
	}
	if _, err := dates.Add(at("2026-01-01 00:00:00"), 1, "days", z); err == nil {
		t.Error("an unknown unit is added")
	}
	if _, err := dates.Add(at("2026-01-01 00:00:00"), 1<<40, "day", z); err == nil {
		t.Error("too much is added")
	}
	if _, err := dates.Diff(time.Time{}, time.Time{}, "", z); err == nil {
		t.Error("an unknown unit is counted")
	}
}

// What is written is read again, and n units on are n units apart.
func TestDatesAgree(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_000_000_000, 3_000_000_000).Draw(t, "at"), 0)
		for _, form := range []string{"", "YYYY-MM-DD HH:mm:ss", "D/M/YYYY HH[h]mm[m]ss", "unix"} {
			text, err := dates.Format(from, form, z, from)
			if err != nil {
				t.Fatal(err)
			}
			pattern := form
			if form == "unix" {
				pattern = ""
			}
			if back, blank, err := dates.Parse(text, pattern, z); err != nil || blank || !back.Equal(from) {
				t.Fatalf("%q by %q comes back as %s, %v", text, form, back, err)
			}
		}
		unit := rapid.SampledFrom([]string{"week", "day", "hour", "minute", "second"}).Draw(t, "unit")
		n := rapid.Int64Range(-100_000, 100_000).Draw(t, "n")
		to, err := dates.Add(from, n, unit, z)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dates.Diff(from, to, unit, z); err != nil || got != n {
			t.Fatalf("%d %ss on is %d, %v", n, unit, got, err)
		}
	})
}
