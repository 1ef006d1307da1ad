package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("KAREZ_TEST_HOLD"); path != "" {
		hold(path)
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

func config(address string) store.Config {
	return store.Config{URL: address, Clock: time.Now, Log: slog.New(slog.DiscardHandler), LockWait: 200 * time.Millisecond}
}

// refused opens what can't be opened and gives the fault.
func refused(t *testing.T, address, code string) *fault.Fault {
	t.Helper()
	db, err := store.Open(t.Context(), config(address))
	if err == nil {
		_ = db.Close()
		t.Fatalf("%s was opened", address)
	}
	f := fault.From(err)
	if f.Code != code {
		t.Fatalf("%s: %v, want %s", address, err, code)
	}
	if f.Hint == "" && code != "data.unwritable" && code != "store.open_failed" {
		t.Errorf("%s: %v has no hint", address, err)
	}
	for text := range texts(err) {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s: the error shows the password: %s", address, text)
		}
	}
	return f
}

// texts gives what can be read of an error and of all that it wraps.
func texts(err error) map[string]bool {
	found := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		found[err.Error()] = true
		found[fmt.Sprintf("%+v", err)] = true
		var many interface{ Unwrap() []error }
		if errors.As(err, &many) {
			for _, e := range many.Unwrap() {
				found[e.Error()] = true
			}
		}
		walk(errors.Unwrap(err))
	}
	walk(err)
	return found
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "karez.db", "postgres://karez:hunter2@localhost/karez", "sqlite:", "sqlite::memory:",
		"mysql:", "mysql://", "mysql://karez:hunter2@localhost", "mysql://karez:hunter2@localhost/",
		"mysql://localhost/karez", "mysql://karez:hunter2@/karez", "mysql://karez:hunter2@local host/karez",
		"mysql://karez:hunter2%zz@localhost/karez", "mysql://karez:hunter2@localhost:port/karez",
		"mysql://karez:hunter2@localhost/karez?tls=perhaps", "mysql://karez:hunter2@localhost/karez?tls=true&charset=latin1",
	} {
		if f := refused(t, address, "store.bad_url"); f.Class != fault.Config {
			t.Errorf("%q: class %s", address, f.Class)
		}
	}
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	f := refused(t, "mysql://karez:hunter2@"+nobody+"/karez", "store.unreachable")
	if f.Class != fault.Transient || !strings.Contains(f.Message, nobody) {
		t.Errorf("%v, class %s", f, f.Class)
	}
}

// What asks for an encrypted connection gets one or nothing: the test server has no certificate.
func TestEncryptedOrNotAtAll(t *testing.T) {
	t.Parallel()
	address := storetest.Server(t)
	if f := refused(t, address+"?tls=true", "store.unreachable"); !strings.Contains(strings.ToLower(f.Message), "tls") {
		t.Errorf("%v does not say why", f)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(storetest.Server(t))
	if err != nil {
		t.Fatal(err)
	}
	server.User = url.UserPassword("karez", "hunter2")
	if f := refused(t, server.String(), "store.unreachable"); !strings.Contains(f.Message, "Access denied") {
		t.Errorf("%v does not say why", f)
	}
	// Without a password there is nothing to hide, and the text stays readable.
	server.User = url.User("nobody")
	if f := refused(t, server.String(), "store.unreachable"); !strings.Contains(f.Message, "Access denied") {
		t.Errorf("%v does not say why", f)
	}
}

func TestPasswordsAreHidden(t *testing.T) {
	t.Parallel()
	if got := store.Hide("dial hunter2@host: hunter2", "hunter2"); got != "dial ***@host: ***" {
		t.Error(got)
	}
	if got := store.Hide("dial host", ""); got != "dial host" {
		t.Error(got)
	}
}

// hold opens a database in a process of its own and keeps it until it is killed.
func hold(path string) {
	db, err := store.Open(context.Background(), config("sqlite:"+path))
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, fault.CodeOf(err))
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, "open")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	_ = db.Close()
	os.Exit(0)
}

// A folder belongs to one process; one that was killed leaves nothing behind.
func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "karez.db")
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), "KAREZ_TEST_HOLD="+path)
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "open\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	if f := refused(t, "sqlite:"+path, "store.in_use"); f.Class != fault.Config {
		t.Errorf("class %s", f.Class)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // killed
	db := storetest.Open(t, "sqlite:"+path)
	// The same process has no right to a second one either: it would not see the group's commits.
	_ = refused(t, "sqlite:"+path, "store.in_use")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Open(t, "sqlite:"+path)
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = refused(t, "sqlite:"+filepath.Join(file, "karez.db"), "data.unwritable")
	// The lock is given back, so that trying again meets the same failure.
	for range 2 {
		_ = refused(t, "sqlite:"+file, "store.open_failed")
		_ = refused(t, "sqlite:"+dir, "store.open_failed")
	}
	if err := os.Mkdir(filepath.Join(dir, "x.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	_ = refused(t, "sqlite:"+filepath.Join(dir, "x"), "data.unwritable")
}

// A path is a path whatever characters it has.
func TestPathsAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "百分%20号.db", "what?mode=memory", "a#b.db"} {
		path := filepath.Join(t.TempDir(), name)
		storetest.Open(t, "sqlite:"+path)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOlder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		have, want string
		older      bool
	}{
		{"3.51.3", "3.51.3", false},
		{"3.51.2", "3.51.3", true},
		{"3.9.0", "3.51.3", true},
		{"3.52.0", "3.51.3", false},
		{"4.0", "3.51.3", false},
		{"3.51", "3.51.3", true},
		{"3.51.10", "3.51.3", false},
		{"3.51.3 beta", "3.51.3", false},
		{"3.51.3.9", "3.51.3", false},
		{"", "3.51.3", true},
		{"unknown", "0.0.0", false},
	}
	for _, tt := range tests {
		if got := store.Older(tt.have, tt.want); got != tt.older {
			t.Errorf("%q older than %q: %t", tt.have, tt.want, got)
		}
	}
}

func TestOlderIsAnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.Custom(func(t *rapid.T) [3]int {
			n := rapid.IntRange(0, 30)
			return [3]int{n.Draw(t, "major"), n.Draw(t, "minor"), n.Draw(t, "patch")}
		})
		a, b := version.Draw(t, "a"), version.Draw(t, "b")
		text := func(v [3]int) string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }
		weight := func(v [3]int) int { return (v[0]*100+v[1])*100 + v[2] }
		if got := store.Older(text(a), text(b)); got != (weight(a) < weight(b)) {
			t.Fatalf("%v older than %v: %t", a, b, got)
		}
	})
}

func TestTextsAreCut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		most int
		want string
	}{
		{"", 5, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc"},
		{"单据编号", 2, "单据"},
		{"单据编号", 4, "单据编号"},
		{"a单b", 2, "a单"},
		{"👩‍🌾x", 1, "👩"},
		{"abc", 0, ""},
		{"坏\xff\xfe字", 9, "坏\uFFFD字"},
		{"坏\xe5\x9d", 9, "坏\uFFFD"},
	}
	for _, tt := range tests {
		if got := store.Cut(tt.text, tt.most); got != tt.want {
			t.Errorf("%q at %d: %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		most := rapid.IntRange(0, 12).Draw(t, "most")
		got := store.Cut(text, most)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > most {
			t.Fatalf("%q at %d: %q", text, most, got)
		}
		if utf8.ValidString(text) && (!strings.HasPrefix(text, got) || len(got) < len(text) && utf8.RuneCountInString(got) != most) {
			t.Fatalf("%q at %d: %q is not its beginning", text, most, got)
		}
	})
}

func TestLongTextsAreCutOnAnEdge(t *testing.T) {
	t.Parallel()
	for pad := range 4 {
		text := strings.Repeat("x", pad) + strings.Repeat("单", store.MaxText)
		got := store.CutText(text)
		if !utf8.ValidString(got) || !strings.HasPrefix(text, got) || len(got) > store.MaxText || len(got) < store.MaxText-3 {
			t.Errorf("after %d: %d bytes, valid %t", pad, len(got), utf8.ValidString(got))
		}
	}
	whole := strings.Repeat("x", store.MaxText)
	if store.CutText(whole) != whole || len(store.CutText(whole+"y")) != store.MaxText {
		t.Error("a text that fits is cut, or one that does not is kept")
	}
	if got := store.CutText("坏\xff字"); got != "坏\uFFFD字" {
		t.Errorf("%q", got)
	}
}

func TestNothingAfterClose(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db, err := store.Open(t.Context(), config(address))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := db.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		}
		err = db.Write(t.Context(), func(*gorm.DB) error {
			t.Error("the change was carried out")
			return nil
		})
		if fault.CodeOf(err) != "store.closed" {
			t.Errorf("writing: %v", err)
		}
		if _, err := db.NextIDs(t.Context(), 1); fault.CodeOf(err) != "store.closed" {
			t.Errorf("ids: %v", err)
		}
		if err := db.Read(t.Context()).Exec("SELECT 1").Error; err == nil {
			t.Error("a closed database was read")
		}
	})
}
