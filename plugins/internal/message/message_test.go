package message_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

func batch(rows, key string) connector.Batch {
	return connector.Batch{Operation: message.Send, Rows: []byte(rows), Keys: []string{key}}
}

func TestReadTakesWhatMappingsGive(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rows        string
		title, text string
		to          []string
	}{
		{`[{"title":"T","text":"a\nb","to":["1","@all"]}]`, "T", "a\nb", []string{"1", "@all"}},
		{`[{"text":" x ","other":{"a":1}}]`, "", "x", nil},
		{`[{"title":12345678901234567890,"text":null,"to":null}]`, "12345678901234567890", "", nil},
		{`[{"title":"T","to":"13800000001, a@example.com；ou_1"}]`, "T", "", []string{"13800000001", "a@example.com", "ou_1"}},
		{`[{"title":"T","to":[13800000001,""," "]}]`, "T", "", []string{"13800000001"}},
		{`[{"title":"T","to":""}]`, "T", "", nil},
	} {
		m, err := message.Read(batch(tc.rows, "k"))
		if err != nil || m.Title != tc.title || m.Text != tc.text || !slices.Equal(m.To, tc.to) {
			t.Errorf("%s: %+v %v", tc.rows, m, err)
		}
	}
}

func TestReadRefusesWhatIsNoMessage(t *testing.T) {
	t.Parallel()
	for rows, code := range map[string]string{
		`[]`: "message.row_invalid", `["x"]`: "message.row_invalid", `[{"text":"a"},{"text":"b"}]`: "message.row_invalid",
		`[{}]`: "message.empty", `[{"title":" ","text":""}]`: "message.empty",
		`[{"title":{"a":1}}]`: "message.field_invalid", `[{"title":"a","text":["b"]}]`: "message.field_invalid",
		`[{"title":"a","to":{"a":1}}]`: "message.field_invalid", `[{"title":"a","to":[["b"]]}]`: "message.field_invalid",
	} {
		_, err := message.Read(batch(rows, "k"))
		if f := fault.From(err); f == nil || f.Code != code || f.Class != fault.Data || !f.NotApplied {
			t.Errorf("%s: %v, want %s", rows, err, code)
		}
	}
	other := batch(`[{"text":"a"}]`, "k")
	other.Operation = "order.save"
	if _, err := message.Read(other); fault.CodeOf(err) != "connector.unknown_operation" {
		t.Error(err)
	}
}

func TestIDsAreThoseOfOneMessage(t *testing.T) {
	t.Parallel()
	first := message.ID("c1", batch(`[{"text":"a"}]`, "k"))
	if again := message.ID("c1", batch(`[{"text":"a"}]`, "k")); again != first {
		t.Errorf("%s and %s for one message", first, again)
	}
	seen := []string{first}
	for _, other := range []string{
		message.ID("c2", batch(`[{"text":"a"}]`, "k")), message.ID("c1", batch(`[{"text":"b"}]`, "k")),
		message.ID("c1", batch(`[{"text":"a"}]`, "l")), message.ID("c1k", batch(`[{"text":"a"}]`, "")),
		message.ID("c1", batch(`[{"text":"a"}]`, "")), message.ID("c1", batch(`[{"text":"a"}]`, "")),
	} {
		if slices.Contains(seen, other) || strings.ContainsAny(other, ".@<> ") || len(other) < 20 {
			t.Errorf("%s after %v", other, seen)
		}
		seen = append(seen, other)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("单", 100)
	for _, tc := range []struct {
		text  string
		limit int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "abc"},
		{"单据", 5, "单"},
		{"单据", 2, ""},
		{long, 30, strings.Repeat("单", (30-len(message.Mark))/3) + message.Mark},
		{long, 31, strings.Repeat("单", (31-len(message.Mark))/3) + message.Mark},
		{long, 300, long},
		{"abc", 0, ""},
	} {
		if got := message.Cut(tc.text, tc.limit); got != tc.want {
			t.Errorf("%d: %q, want %q", tc.limit, got, tc.want)
		}
	}
}

// TestCutAndFitKeepTheirLimit holds for texts of any characters.
func TestCutAndFitKeepTheirLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, limit := rapid.String().Draw(t, "text"), rapid.IntRange(0, 200).Draw(t, "limit")
		if got := message.Cut(text, limit); len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("cut to %d: %q", limit, got)
		}
		frame := rapid.IntRange(0, 40).Draw(t, "frame")
		size := func(text string) int { return frame + len(text) + strings.Count(text, "\n") }
		got := message.Fit(text, limit, size)
		if size(got) > limit && got != "" || !utf8.ValidString(got) {
			t.Errorf("%q measures %d, at most %d", got, size(got), limit)
		}
		if size(text) <= limit && got != text {
			t.Errorf("%q fits and became %q", text, got)
		}
	})
}

func TestHeading(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		m    message.Message
		want string
	}{
		{message.Message{Title: "对账\n差异", Text: "x"}, "对账 差异"},
		{message.Message{Text: "## 第一行\n第二行"}, "第一行"},
		{message.Message{Text: "- item one and more"}, "item one and more"},
		{message.Message{Title: strings.Repeat("长", 40)}, strings.Repeat("长", 8) + message.Mark},
	} {
		if got := tc.m.Heading(8*3 + len(message.Mark)); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	for person, phone := range map[string]bool{
		"13800000001": true, "+86 138-0000-0001": true, "86+13800000001": false, "ou_13800000001": false, "12345": false, "a@b.c": false, "": false,
	} {
		if message.Phone(person) != phone {
			t.Errorf("%s: phone %v", person, !phone)
		}
	}
	for person, all := range map[string]bool{"all": true, "@ALL": true, "@所有人": true, "allen": false, "": false} {
		if message.Everybody(person) != all {
			t.Errorf("%s: everybody %v", person, !all)
		}
	}
	if got := message.Join("\n", "", "a", "", "b"); got != "a\nb" {
		t.Error(got)
	}
}
