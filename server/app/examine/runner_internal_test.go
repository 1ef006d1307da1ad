package examine

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A behaviour ends with Fatal and with a panic; what it began is ended, the last first.
func TestTry(t *testing.T) {
	t.Parallel()
	var ended []string
	begin := func(r *reporter) {
		for _, name := range []string{"a", "b"} {
			r.Cleanup(func() { ended = append(ended, name) })
		}
	}
	for name, tt := range map[string]struct {
		check func(*reporter)
		want  []string
	}{
		"fine":  {begin, nil},
		"error": {func(r *reporter) { begin(r); r.Errorf("%d rows", 3); r.Error("and", "more") }, []string{"3 rows", "and more"}},
		"fatal": {func(r *reporter) { begin(r); r.Fatalf("no %s", "session"); r.Error("not reached") }, []string{"no session"}},
		"panic": {func(r *reporter) { begin(r); panic("oh") }, []string{"the behaviour panics: oh"}},
	} {
		ended = nil
		got := try(t.Context(), name, tt.check, time.Now)
		for i := range got.Problems {
			got.Problems[i], _, _ = strings.Cut(got.Problems[i], "\n")
		}
		if !slices.Equal(got.Problems, tt.want) || got.OK != (tt.want == nil) || !slices.Equal(ended, []string{"b", "a"}) {
			t.Errorf("%s: %+v, ended %q", name, got, ended)
		}
	}
}

// Texts that are one number become it, everything else stays a text.
func TestValues(t *testing.T) {
	t.Parallel()
	v := values{"page": "2", "size": "50", "token": `a"b`, "n": "7"}
	got := string(v.fill([]byte(`{"page":"{{page}}","at":"{{page}}-{{size}}","token":"{{token}}","n":["{{n}}"]}`)))
	if want := `{"page":2,"at":"2-50","token":"a\"b","n":[7]}`; got != want {
		t.Errorf("%s", got)
	}
	if v.text("N{{n}}") != "N7" || v.fill(nil) != nil {
		t.Error("texts are not filled")
	}
}
