package connection_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/connection"
)

// A secret is covered however it is written, the longer one first; what is no secret stays.
func TestVeil(t *testing.T) {
	t.Parallel()
	const odd = canary + `"ä/<ss&w d`
	store := &database{}
	s := newService(t, store, newPlugins(t))
	c := account()
	c.Secrets = connection.Secrets{"apiKey": canary, "pin": odd}
	give(t, s, c)
	for text, want := range map[string]string{
		"":                                  "",
		`{"a":1,"b":"plain"}`:               `{"a":1,"b":"plain"}`,
		`{"key":"` + canary + `"}`:          `{"key":"***"}`,
		"x" + canary + "y":                  "x***y",
		`{"p":"` + canary + `\"ä/<ss&w d"}`: `{"p":"***"}`,
		`{"p":"` + canary + `\"ä/\u003css\u0026w d"}`: `{"p":"***"}`,
		"?p=" + canary + "%22%C3%A4%2F%3Css%26w+d&q":  "?p=***&q",
		"raw " + odd: "raw ***",
	} {
		got, covered, err := s.Veil(t.Context(), c.Workspace, c.Name, []byte(text))
		if err != nil || string(got) != want || covered != (text != want) {
			t.Errorf("%s becomes %s, %t, %v", text, got, covered, err)
		}
	}
	got, covered, err := s.Veil(t.Context(), c.Workspace, "gone", []byte(canary))
	if err != nil || covered || string(got) != canary {
		t.Errorf("without a connection: %s, %t, %v", got, covered, err)
	}
	store.fails = errors.New("the database is away")
	if text, _, err := s.Veil(t.Context(), c.Workspace, "other", []byte(canary)); err == nil || strings.Contains(string(text), canary) {
		t.Errorf("where secrets can't be read: %s, %v", text, err)
	}
}
