package multivac_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// directions lists the rooms of the house and which rooms each one may import.
// Every room may import the root package. A room that is not in the list may
// not exist.
const directions = `
.                         
cmd/multivac              cli
internal/cli              app auth client clock config endpoint eval extract folder meaning memory telemetry web/wire doc extract/formats text percent mongoadmin place pdfium
internal/app              ask audit auth cache calibrate certs clock endpoint extract fleet follow index keep meaning position queue queue/redisqueue rank store store/mongodb store/sqlite telemetry tell web web/ui extract/formats place web/limit web/listen extract/pdf
internal/clock            
internal/endpoint         certs
internal/fleet            clock store
internal/folder           ask extract index meaning rank store tell text extract/formats place extract/pdf
internal/position         
internal/client           clock web/wire
internal/eval             
internal/calibrate        clock eval store
internal/telemetry        
internal/strict           
internal/percent          
internal/text             frontmatter
internal/frontmatter      
internal/memory           
internal/jsontext         
internal/meaning          memory
internal/extract          extract/charset place
internal/extract/charset  
internal/extract/charset/learn extract/charset
internal/extract/plain    extract frontmatter place
internal/extract/light    extract extract/plain extract/sheet place
internal/extract/sheet    extract
internal/extract/parts    extract
internal/extract/markdown extract extract/html extract/light frontmatter place
internal/extract/restructured extract extract/light
internal/extract/html     extract extract/sheet
internal/extract/table    extract extract/sheet
internal/extract/jsonl    extract extract/charset strict
internal/extract/blocks   extract extract/sheet place
internal/extract/docx     extract extract/html extract/parts extract/sheet
internal/extract/pptx     extract extract/parts extract/sheet
internal/extract/xlsx     extract extract/parts extract/sheet place
internal/extract/odf      extract extract/blocks extract/parts extract/sheet
internal/extract/rtf      extract extract/blocks extract/sheet
internal/extract/mail     extract extract/html extract/mail/msg extract/mail/octets
internal/extract/mail/msg extract extract/mail/octets
internal/extract/mail/octets extract/charset
internal/extract/archive  extract
internal/extract/asciidoc extract extract/light extract/sheet
internal/extract/org      extract extract/light extract/sheet
internal/extract/man      extract extract/light extract/plain extract/sheet
internal/extract/mediawiki extract extract/light extract/sheet
internal/extract/epub     extract extract/html extract/parts place
internal/extract/notebook extract extract/html extract/markdown extract/plain frontmatter place
internal/extract/subtitles extract place
internal/extract/pdf      extract extract/sheet place
internal/pdfium           extract/pdf
internal/extract/formats  extract extract/plain extract/markdown extract/restructured extract/html extract/table extract/jsonl extract/docx extract/pptx extract/xlsx extract/odf extract/rtf extract/mail extract/archive extract/asciidoc extract/org extract/man extract/mediawiki extract/epub extract/notebook extract/subtitles extract/pdf
internal/extract/extracttest extract place text
internal/find             meaning store
internal/find/findtest    find meaning store text
internal/index            find index/inverted store
internal/index/inverted   find memory meaning text
internal/rank             text find meaning
internal/rank/learn       eval extract find index meaning rank store text extract/formats
internal/auth             clock
internal/audit            auth telemetry
internal/tell             clock extract meaning text store queue extract/formats place
internal/follow           find store clock
internal/keep             jsontext memory strict text store queue place
internal/ask              find meaning rank cache store place percent clock
internal/cache            redisclient clock
internal/store            
internal/store/sqlite     store store/sqlite/folder store/sqlite/link
internal/store/sqlite/link 
internal/store/sqlite/folder 
internal/store/mongodb    store store/mongodb/link clock
internal/store/mongodb/link store certs
internal/mongoadmin       certs clock
internal/store/storetest  store golden
internal/queue            clock
internal/queue/queuetest  queue
internal/queue/redisqueue clock queue redisclient
internal/web              web/api web/bodies web/openapi web/route web/wire auth web/limit web/admit
internal/web/api          strict web/bodies web/openapi web/route web/wire extract extract/formats extract/jsonl
internal/web/openapi      strict web/bodies web/route web/wire
internal/web/route        web/bodies
internal/web/bodies       memory web/wire
internal/web/wire         jsontext
internal/web/ui           percent web/route web/wire auth place
internal/web/webtest       
internal/web/limit        web/route
internal/web/listen
internal/web/admit        web/bodies web/route web/wire auth
internal/certs            
internal/redisclient      certs
internal/config           
internal/servers          eventually require
internal/require          
internal/golden           
internal/eventually       
internal/place
weights                   
deploy/images/roots       
test/cluster/load         
doc                       
`

// Pure rooms compute: they read no clock, use no network and write no log.
var (
	pure = []string{".", "internal/text", "internal/frontmatter", "internal/place", "internal/percent", "internal/extract", "internal/extract/charset", "internal/extract/plain", "internal/extract/light", "internal/extract/sheet", "internal/extract/parts", "internal/extract/markdown",
		"internal/extract/restructured", "internal/extract/html", "internal/extract/table", "internal/extract/jsonl", "internal/extract/docx", "internal/extract/pptx", "internal/extract/xlsx", "internal/extract/odf", "internal/extract/rtf", "internal/extract/blocks", "internal/extract/mail", "internal/extract/mail/msg", "internal/extract/mail/octets", "internal/extract/archive", "internal/extract/asciidoc",
		"internal/extract/org", "internal/extract/man", "internal/extract/mediawiki", "internal/extract/epub", "internal/extract/notebook", "internal/extract/subtitles", "internal/extract/pdf",
		"internal/extract/formats", "internal/find", "internal/index", "internal/index/inverted", "internal/meaning", "internal/rank"}
	outside = []string{"os", "os/exec", "net", "net/http", "log", "log/slog", "database/sql", "syscall"}
	clock   = "time" // allowed in the root, whose types hold times and durations
)

// dependencies lists the modules of others, the rooms that may import each one
// and the reason. A module is used in no other place.
const dependencies = `
go.mongodb.org/mongo-driver/v2        internal/store/mongodb internal/store/mongodb/link internal/mongoadmin internal/servers the store of many processes
modernc.org/sqlite                    internal/store/sqlite/link             the embedded store
github.com/danielgtaylor/huma/v2      internal/web internal/web/api internal/web/openapi internal/web/route  OpenAPI from the code
maragu.dev/gomponents                 internal/web/ui internal/web/openapi   pages, without text/template, which makes a binary 12 MB larger
github.com/spf13/cobra                internal/cli                           the command
github.com/spf13/pflag                internal/cli internal/config           its flags
github.com/knadh/koanf/v2             internal/config                        layers of settings, into a struct
github.com/go-viper/mapstructure/v2   internal/config                        koanf's decoder
github.com/pelletier/go-toml/v2       internal/config internal/frontmatter   settings files, and the lines in them
go.yaml.in/yaml/v3                    internal/frontmatter                   YAML in front of pages
github.com/go-git/go-git/v5           internal/cli                           what .gitignore leaves out
golang.org/x/term                     internal/cli internal/telemetry        is it a terminal
github.com/prometheus/client_golang   internal/telemetry                     metrics
go.opentelemetry.io/otel              internal/telemetry                     traces
go.opentelemetry.io/proto/otlp        internal/servers                       a receiver of traces for tests
google.golang.org/protobuf            internal/servers                       what it receives
github.com/maypok86/otter/v2          internal/cache                         the near cache
github.com/redis/go-redis/v9          internal/redisclient internal/cache internal/queue/redisqueue  the far cache, and the connection under asynq
golang.org/x/crypto                   deploy/images/roots                    authorities that certificates are trusted from
github.com/KimMachineGun/automemlimit  internal/memory                        the memory of the container
github.com/go-json-experiment/json    internal/strict internal/web/api       JSON that is strict, and read value by value
golang.org/x/net                      internal/extract/html internal/extract/parts internal/extract/docx internal/extract/epub internal/extract/odf  HTML, and the encodings of XML
github.com/klauspost/compress          internal/extract                       files packed by zstd
github.com/ulikunitz/xz                internal/extract                       files packed by xz
github.com/klippa-app/go-pdfium        internal/pdfium                        what is on the pages of a PDF
github.com/tetratelabs/wazero          internal/pdfium                        PDFium in WebAssembly, within bounds
golang.org/x/text                     internal/text internal/ask internal/extract internal/extract/charset internal/extract/charset/learn internal/extract/archive internal/extract/extracttest internal/extract/mail/octets internal/extract/odf internal/extract/pdf internal/extract/rtf internal/meaning  Unicode's forms and encodings
github.com/clipperhouse/uax29/v2      internal/text                          borders of words and sentences
golang.org/x/sys                      internal/meaning internal/memory       what the processor can do, and memory apart
multivac.example/weights              internal/meaning                       what the encoder has learned, in the folder weights
golang.org/x/time                     internal/auth                          limits of requests
golang.org/x/sync                     internal/app internal/ask internal/cli internal/cache internal/eval internal/folder internal/tell internal/web/bodies internal/web/limit  groups and limits of goroutines
github.com/hibiken/asynq              internal/queue/redisqueue              the queue of many processes
github.com/google/go-cmp              internal/store/storetest internal/queue/queuetest internal/golden internal/extract/extracttest  differences, in the suites
`

const module = "multivac"

// imports returns what each room imports outside its tests. It reads the files
// itself, so that `go test` runs it again when a file changes.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || file == filepath.Join("test", "bench")):
			return filepath.SkipDir // test/bench is a module of its own
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(file))
		all[room] = slices.Grow(all[room], len(source.Imports)) // adds a room without imports, too
		for _, i := range source.Imports {
			all[room] = append(all[room], strings.Trim(i.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// table reads lines of a key and its fields.
func table(text string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 {
			all[fields[0]] = fields[1:]
		}
	}
	return all
}

func TestDirections(t *testing.T) {
	may, rooms := table(directions), imports(t)
	for from, imported := range rooms {
		allowed, known := may[from]
		if !known {
			t.Errorf("%s is no room of the house; give it a line in directions and in doc/design.md", from)
			continue
		}
		for _, i := range imported {
			to, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(allowed, strings.TrimPrefix(to, "internal/")) {
				t.Errorf("%s imports %s; it may import: %s", from, to, strings.Join(allowed, " "))
			}
		}
	}
	for room := range may {
		if _, there := rooms[room]; !there {
			t.Errorf("directions name %s, which is not there", room)
		}
	}
}

func TestPureRooms(t *testing.T) {
	rooms := imports(t)
	for _, room := range pure {
		for _, i := range rooms[room] {
			if slices.Contains(outside, i) || room != "." && i == clock {
				t.Errorf("%s imports %s, but computes only", room, i)
			}
			if room == "." && strings.Contains(i, "/") && !standard(i) {
				t.Errorf("the root package imports %s; it uses the standard library only", i)
			}
		}
	}
}

func TestDependencies(t *testing.T) {
	users := table(dependencies)
	used := map[string]bool{}
	for room, imported := range imports(t) {
		for _, i := range imported {
			if standard(i) || i == module || strings.HasPrefix(i, module+"/") {
				continue
			}
			dependency := ""
			for d := range users {
				if i == d || strings.HasPrefix(i, d+"/") {
					dependency = d
				}
			}
			used[dependency] = true
			if dependency == "" || !slices.Contains(users[dependency], room) {
				t.Errorf("%s imports %s; say what for in dependencies, or use what is there", room, i)
			}
		}
	}
	required, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for d := range users {
		if !used[d] {
			t.Errorf("dependencies name %s, which nothing imports", d)
		}
		if !strings.Contains(string(required), "\t"+d+" ") {
			t.Errorf("dependencies name %s, which go.mod does not require", d)
		}
	}
}

// standard reports whether a package is of the standard library. Then the first
// element of its path has no dot.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && first != module
}
