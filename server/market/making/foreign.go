package making

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// foreign tells where names of accounts and ids of the workspace stand in texts.
func (m *maker) foreign() {
	names := slices.Sorted(maps.Keys(m.Accounts))
	for i, doc := range m.t.Spec.Flows {
		root := fmt.Sprintf("spec.flows[%d]", i)
		texts(doc, func(path, key, text string) {
			for _, id := range m.Foreign {
				if id != "" && strings.Contains(text, id) {
					m.add(root+path, CodeForeign, "name the flow by an alias in the flow's uses, and take its id out of the text", "an id of this workspace stands at %s", root+path)
				}
			}
			m.mentioned(names, root+path, people(key), text)
		})
	}
	for i, t := range m.t.Spec.CodeTables {
		m.mentioned(names, fmt.Sprintf("spec.codeTables[%d].title", i), false, t.Title.ZH)
	}
}

// mentioned tells of the accounts that a text names.
func (m *maker) mentioned(names []string, path string, people bool, text string) {
	for _, name := range names {
		if m.tells(name, people) && mentions(text, name) {
			m.add(path, CodeName, "put another word there", "the name of connection %s stands at %s", name, path)
		}
	}
}

// tells reports whether an account's name in a text tells of the account: not where it is called
// as its connector is, and a short one only among words for people, where the flows use it.
func (m *maker) tells(name string, people bool) bool {
	return !common(name, m.Accounts[name]) && (distinct(name) || people && m.slots[name] != "")
}

// people reports whether a member holds words for people.
func people(key string) bool {
	switch key {
	case "title", "describe", "description", "note", "text", "message":
		return true
	}
	return false
}

// common reports whether an account is called as its connector is: such a name tells nothing.
func common(name string, a Account) bool {
	name = strings.ToLower(name)
	return utf8.RuneCountInString(name) < 2 || strings.Contains(strings.ToLower(a.Connector+"\n"+a.Title.ZH+"\n"+a.Title.EN), name)
}

// distinct reports whether a name hardly stands in a text for anything else.
func distinct(name string) bool {
	return len(name) >= 8 || strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
}

// mentions reports whether a text holds a name, one of Latin letters as a word of its own.
func mentions(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+i])
		after, _ := utf8.DecodeRuneInString(text[at+i+len(name):])
		first, _ := utf8.DecodeRuneInString(name)
		last, _ := utf8.DecodeLastRuneInString(name)
		if !joined(before, first) && !joined(last, after) {
			return true
		}
		at += i + len(name)
	}
}

// joined reports whether two characters belong to one word.
func joined(a, b rune) bool { return latin(a) && latin(b) }

func latin(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
