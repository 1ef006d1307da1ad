package app_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The examples of deploy/ call the program as it can be called, with variables that it
// knows, and their database as that can be called.

// understood has the program read arguments without doing what they say.
func understood(t *testing.T, from string, args []string) {
	t.Helper()
	if code, out, errs := karez(t, nil, append(slices.Clone(args), "--help")...); code != 0 || !strings.Contains(out, "Flags:") {
		t.Errorf("%s: %q: exit %d, %s%s", from, args, code, out, errs)
	}
}

// variables finds the program's variables in a text.
var variables = regexp.MustCompile(`\bKAREZ_[A-Z_]+\b`)

// known looks whether the program tells of every variable of a text.
func known(t *testing.T, from, text string, others ...string) {
	t.Helper()
	_, help, _ := karez(t, nil, "serve", "--help")
	found := variables.FindAllString(text, -1)
	if len(found) == 0 {
		t.Errorf("%s sets nothing", from)
	}
	for _, name := range found {
		if !strings.Contains(help, name) && !slices.Contains(others, name) {
			t.Errorf("%s sets %s, of which the program says nothing", from, name)
		}
	}
}

func example(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheExamplesOfServices(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"karez.service", "karez-worker@.service"} {
		started := 0
		lines := bufio.NewScanner(strings.NewReader(example(t, "systemd", name)))
		for lines.Scan() {
			command, ok := strings.CutPrefix(lines.Text(), "ExecStart=")
			if !ok {
				continue
			}
			started++
			words := strings.Fields(strings.ReplaceAll(command, "%i", "1"))
			if words[0] != "/usr/local/bin/karez" {
				t.Errorf("%s starts %s", name, words[0])
			}
			understood(t, name, words[1:])
		}
		if started != 1 {
			t.Errorf("%s starts %d programs", name, started)
		}
	}
	known(t, "karez.env", example(t, "systemd", "karez.env"))
}

func TestTheExampleOfContainers(t *testing.T) {
	t.Parallel()
	text := example(t, "compose.yaml")
	var file struct {
		Services map[string]struct {
			Command     []string
			Image       string
			Build       map[string]string
			Environment map[string]string
			Volumes     []string
			DependsOn   map[string]any `yaml:"depends_on"`
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for name, service := range file.Services {
		for _, volume := range service.Volumes {
			if _, ok := file.Volumes[strings.Split(volume, ":")[0]]; !ok {
				t.Errorf("%s uses a volume %s that there is not", name, volume)
			}
		}
		for other := range service.DependsOn {
			if _, ok := file.Services[other]; !ok {
				t.Errorf("%s waits for %s, which there is not", name, other)
			}
		}
		if service.Build == nil {
			continue
		}
		ours++
		understood(t, name, service.Command)
		if service.Build["dockerfile"] != "deploy/Dockerfile" || !strings.Contains(service.Environment["KAREZ_DB"], "@db:") || !strings.Contains(service.Environment["KAREZ_NATS"], "//nats:") {
			t.Errorf("%s is made of %v with %v", name, service.Build, service.Environment)
		}
	}
	if ours != 2 || file.Services["db"].Image == "" || file.Services["nats"].Image == "" {
		t.Errorf("%d of the services are the program, of %d", ours, len(file.Services))
	}
	known(t, "compose.yaml", text, "KAREZ_DB_PASSWORD")
	// The server reads its options, and says no to those that it does not have.
	args := append([]string{"--no-defaults"}, file.Services["db"].Command...)
	if out, err := exec.CommandContext(t.Context(), "mariadbd", append(args, "--verbose", "--help")...).CombinedOutput(); err != nil {
		t.Errorf("mariadbd %q: %v %s", args, err, out[:min(len(out), 400)])
	}
}

// What the image takes is what `make build` makes, and it starts the program.
func TestTheExampleOfAnImage(t *testing.T) {
	t.Parallel()
	text := example(t, "Dockerfile")
	for _, line := range []string{"COPY bin/karez /usr/local/bin/karez", "COPY bin/plugins /usr/local/bin/plugins", `ENTRYPOINT ["karez"]`, "USER karez"} {
		if !slices.Contains(strings.Split(text, "\n"), line) {
			t.Errorf("the image lacks %q", line)
		}
	}
}
