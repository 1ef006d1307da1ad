package values_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func zone() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }

func TestAppend(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 1, 4, 5, 6, 789000000, time.UTC)
	for _, c := range []struct {
		kind  values.Kind
		value any
		want  string
	}{
		{values.Text, nil, "null"},
		{values.Integer, int64(-9007199254740993), "-9007199254740993"},
		{values.Integer, uint64(math.MaxUint64), "18446744073709551615"},
		{values.Integer, []byte("9223372036854775807"), "9223372036854775807"},
		{values.Decimal, []byte("12345678901234567.890"), "12345678901234567.890"},
		{values.Decimal, "0.10", "0.10"},
		{values.Decimal, "NaN", `"NaN"`},
		{values.Float, 0.1, "0.1"},
		{values.Float, float32(0.1), "0.1"},
		{values.Float, 1e300, "1e+300"},
		{values.Float, math.Inf(1), `"+Inf"`},
		{values.Bool, true, "true"},
		{values.Bytes, []byte{0, 255}, `"AP8="`},
		{values.Text, []byte("a\"\n\x00"), `"a\"\n\u0000"`},
		{values.Text, "0012", `"0012"`},
		{values.Naive, at, `"2024-05-01 04:05:06.789"`},
		{values.Naive, []byte("2024-05-01 04:05:06"), `"2024-05-01 04:05:06"`},
		{values.Instant, at, `"2024-05-01 12:05:06.789+08:00"`},
		{values.Date, at, `"2024-05-01"`},
		{values.JSON, []byte(`{"b": 1.10, "a":2}`), `{"b": 1.10, "a":2}`},
		{values.JSON, "{broken", `"{broken"`},
		{values.Other, "1 day", `"1 day"`},
	} {
		got, err := values.Append([]byte("x"), c.kind, c.value, zone())
		if err != nil || string(got) != "x"+c.want {
			t.Errorf("%s %v: %s %v, want %s", c.kind, c.value, got, err, c.want)
		}
	}
	if _, err := values.Append(nil, values.Text, struct{}{}, zone()); fault.CodeOf(err) != "sql.value_unreadable" {
		t.Error(err)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	const my, pg = values.MySQL, values.Postgres
	for _, c := range []struct {
		dialect values.Dialect
		kind    values.Kind
		scale   int
		raw     string
		want    any
		code    string
	}{
		{my, values.Text, -1, `null`, nil, ""},
		{my, values.Text, -1, `""`, "", ""},
		{my, values.Text, -1, `12.50`, "12.50", ""},
		{my, values.Text, -1, `true`, "true", ""},
		{my, values.Text, -1, `{"a":1}`, nil, "sql.value_shape"},
		{pg, values.Other, -1, `[1]`, nil, "sql.value_shape"},
		{my, values.Integer, -1, `9007199254740993`, int64(9007199254740993), ""},
		{my, values.Integer, -1, `18446744073709551615`, uint64(math.MaxUint64), ""},
		{my, values.Integer, -1, `"-7"`, int64(-7), ""},
		{pg, values.Integer, -1, `"7.00"`, "7", ""},
		{my, values.Integer, -1, `true`, "1", ""},
		{pg, values.Integer, -1, `false`, "0", ""},
		{my, values.Integer, -1, `1.5`, nil, "sql.value_not_integer"},
		{my, values.Integer, -1, `1e3`, nil, "sql.value_not_integer"},
		{my, values.Integer, -1, `""`, nil, "sql.value_not_integer"},
		{my, values.Decimal, 2, `12.50`, "12.50", ""},
		{my, values.Decimal, 2, `"12.500"`, "12.500", ""},
		{pg, values.Decimal, 2, `12.505`, nil, "sql.value_scale"},
		{pg, values.Decimal, -1, `12.505123456789012345678`, "12.505123456789012345678", ""},
		{my, values.Decimal, 2, `1e2`, nil, "sql.value_scale"},
		{my, values.Decimal, 2, `"1.2.3"`, nil, "sql.value_scale"},
		{my, values.Bytes, -1, `"AP8="`, []byte{0, 255}, ""},
		{my, values.Bytes, -1, `"not base64"`, nil, "sql.value_not_base64"},
		{my, values.Naive, -1, `"2024-05-01T04:05:06.5Z"`, "2024-05-01 12:05:06.5", ""},
		{my, values.Naive, -1, `"2024-05-01 12:05:06"`, "2024-05-01 12:05:06", ""},
		{my, values.Naive, -1, `"2024-05-01 12:05:06.789+08:00"`, "2024-05-01 12:05:06.789", ""},
		{pg, values.Naive, -1, `"2024-05-01T04:05:06+00:00"`, "2024-05-01 12:05:06", ""},
		{pg, values.Instant, -1, `"2024-05-01T04:05:06Z"`, "2024-05-01 12:05:06+08:00", ""},
		{pg, values.Instant, -1, `"2024-05-01 12:05:06"`, "2024-05-01 12:05:06", ""},
		{pg, values.Date, -1, `"yesterday"`, nil, "sql.value_not_time"},
		{pg, values.Naive, -1, `"infinity"`, nil, "sql.value_not_time"},
		{my, values.Instant, -1, `""`, nil, "sql.value_not_time"},
		{my, values.Date, -1, `"2024-05-01"`, "2024-05-01", ""},
		{my, values.JSON, -1, `{"a": 1.10}`, `{"a": 1.10}`, ""},
		{my, values.JSON, -1, `"[1,2]"`, `[1,2]`, ""},
		{my, values.JSON, -1, `"plain"`, `"plain"`, ""},
		{pg, values.Bool, -1, `true`, "true", ""},
	} {
		got, err := c.dialect.Bind(values.Column{Name: "col", Kind: c.kind, Scale: c.scale}, item.Of([]byte(c.raw)), zone())
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s %s %s: %v, want %q", c.dialect, c.kind, c.raw, err, c.code)
			continue
		}
		if c.code != "" {
			if f := fault.From(err); f.Path != "col" || f.Class != fault.Data {
				t.Errorf("%s: %+v", c.raw, f)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s %s: %s", c.dialect, c.kind, c.raw, diff)
		}
	}
}

func TestFree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect values.Dialect
		raw     string
		want    []any
		code    string
	}{
		{values.MySQL, `"a"`, []any{"a"}, ""},
		{values.MySQL, `9007199254740993`, []any{int64(9007199254740993)}, ""},
		{values.MySQL, `18446744073709551615`, []any{uint64(math.MaxUint64)}, ""},
		{values.MySQL, `1.50`, []any{"1.50"}, ""},
		{values.Postgres, `9007199254740993`, []any{"9007199254740993"}, ""},
		{values.MySQL, `true`, []any{"1"}, ""},
		{values.Postgres, `true`, []any{"true"}, ""},
		{values.MySQL, `null`, []any{nil}, ""},
		{values.MySQL, `["a",null,2]`, []any{"a", nil, int64(2)}, ""},
		{values.MySQL, `[]`, []any{}, ""},
		{values.MySQL, `{"a":1}`, nil, "sql.value_shape"},
		{values.MySQL, `[[1]]`, nil, "sql.value_shape"},
	} {
		got, err := c.dialect.Free("name", item.Of([]byte(c.raw)))
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.raw, err, c.code)
		} else if diff := cmp.Diff(c.want, got); c.code == "" && diff != "" {
			t.Errorf("%s: %s", c.raw, diff)
		}
	}
}

// TestQuote: whatever a name is made of, it is one name.
func TestQuote(t *testing.T) {
	t.Parallel()
	for _, d := range []values.Dialect{values.MySQL, values.Postgres} {
		mark := map[values.Dialect]string{values.MySQL: "`", values.Postgres: `"`}[d]
		rapid.Check(t, func(t *rapid.T) {
			name := rapid.StringOf(rapid.RuneFrom([]rune("a`\"';\\ -"))).Draw(t, "name")
			quoted := d.Quote(name)
			inner := strings.TrimSuffix(strings.TrimPrefix(quoted, mark), mark)
			if len(inner) != len(quoted)-2 || strings.Contains(strings.ReplaceAll(inner, mark+mark, ""), mark) || strings.ReplaceAll(inner, mark+mark, mark) != name {
				t.Fatalf("%q became %s", name, quoted)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]values.Kind{
		"UNSIGNED BIGINT": values.Integer, "int4": values.Integer, "DECIMAL": values.Decimal, "numeric": values.Decimal,
		"double precision": values.Float, "VARCHAR": values.Text, "character varying": values.Text, "timestamp without time zone": values.Naive,
		"timestamp with time zone": values.Instant, "TIMESTAMPTZ": values.Instant, "jsonb": values.JSON, "INTERVAL": values.Other, "_INT4": values.Other,
		"date": values.Date, "boolean": values.Bool,
	} {
		if got := values.Postgres.KindOf(name); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
	if values.MySQL.KindOf("BLOB") != values.Bytes || values.MySQL.KindOf("BIT") != values.Bytes || values.Postgres.KindOf("BIT") != values.Other || values.Postgres.KindOf("bytea") != values.Bytes {
		t.Error("bytes are not told from others")
	}
}
