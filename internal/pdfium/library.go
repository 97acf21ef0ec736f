package pdfium

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"time"
	"unicode/utf16"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// wasmPage is the unit of the memory of WebAssembly.
const wasmPage = 64 << 10

// A library is PDFium in WebAssembly. It sees no file, no clock that tells and
// no environment. Its functions are called directly, with memory that is set apart once:
// the calls of go-pdfium for people set memory apart and free it for each
// character, which takes longer.
type library struct {
	ctx       context.Context
	pool      pdfium.Pool
	module    reflect.Value
	memory    api.Memory
	functions map[string]api.Function
	stack     [16]uint64
	scratch   uint32 // scratchSize bytes of its memory
}

// The scratch has room for a text that is read of PDFium, such as a title or a
// value, and for a name that is given to it.
const (
	textSize    = 64 << 10
	scratchSize = textSize + 256
)

// A trap is the end of a call that PDFium cannot go on from.
type trap struct{ error }

// open starts PDFium with at most memory bytes. Machine code is kept in the
// folder cache, or made again where that is "".
func open(ctx context.Context, memory int64, cache string) (*library, error) {
	config := wazero.NewRuntimeConfigCompiler().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(uint32(memory / wasmPage))
	if cache != "" {
		if kept, err := wazero.NewCompilationCacheWithDir(cache); err == nil {
			config = config.WithCompilationCache(kept)
		}
	}
	ctx = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(setApart))
	pool, err := webassembly.Init(webassembly.Config{
		Context: ctx, MaxIdle: 1, MaxTotal: 1, FSConfig: wazero.NewFSConfig(), RuntimeConfig: config,
		Stdout: io.Discard, Stderr: io.Discard, RandomSource: rand.Reader,
	})
	if err != nil {
		return nil, err
	}
	instance, err := pool.GetInstance(time.Minute)
	if err != nil {
		return nil, err
	}
	return bind(ctx, pool, instance)
}

// A reserve is memory that grows in its place. The system gives it as it is
// touched. Without it, wazero copies all of it whenever it grows, and takes four
// times as much.
type reserve []byte

func setApart(_, most uint64) experimental.LinearMemory { return reserve(make([]byte, most)) }

// Reallocate implements experimental.LinearMemory.
func (r reserve) Reallocate(size uint64) []byte {
	if size > uint64(len(r)) {
		return nil
	}
	return r[:size]
}

// Free implements experimental.LinearMemory.
func (r reserve) Free() {}

// bind finds the module behind an instance of go-pdfium, whose type is internal
// to it.
func bind(ctx context.Context, pool pdfium.Pool, instance pdfium.Pdfium) (l *library, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this version of go-pdfium is built in another way: %v", r)
		}
	}()
	l = &library{ctx: ctx, pool: pool, functions: map[string]api.Function{}}
	l.module = reflect.ValueOf(instance.GetImplementation()).Elem().FieldByName("Module")
	l.memory = l.module.MethodByName("Memory").Call(nil)[0].Interface().(api.Memory)
	if l.scratch = l.malloc(scratchSize); l.scratch == 0 {
		return nil, errors.New("there is no memory")
	}
	return l, nil
}

// call calls a function of PDFium. It panics with a trap where that fails.
func (l *library) call(name string, args ...uint64) uint64 {
	f := l.functions[name]
	if f == nil {
		found := l.module.MethodByName("ExportedFunction").Call([]reflect.Value{reflect.ValueOf(name)})[0]
		if found.IsNil() {
			panic(trap{fmt.Errorf("PDFium has no %s", name)})
		}
		f = found.Interface().(api.Function)
		l.functions[name] = f
	}
	copy(l.stack[:], args)
	if err := f.CallWithStack(l.ctx, l.stack[:]); err != nil {
		panic(trap{err})
	}
	return l.stack[0]
}

// int calls a function that returns an int.
func (l *library) int(name string, args ...uint64) int { return int(int32(l.call(name, args...))) }

// ok calls a function that says whether it did something.
func (l *library) ok(name string, args ...uint64) bool { return uint32(l.call(name, args...)) != 0 }

// malloc sets memory apart, or returns 0.
func (l *library) malloc(n int) uint32 { return uint32(l.call("malloc", uint64(n))) }

func (l *library) free(p uint32) { l.call("free", uint64(p)) }

// at returns the address of the scratch's bytes from offset on.
func (l *library) at(offset int) uint64 { return uint64(l.scratch) + uint64(offset) }

func (l *library) float(offset int) float32 {
	v, _ := l.memory.ReadFloat32Le(l.scratch + uint32(offset))
	return finite(float64(v))
}

func (l *library) double(offset int) float32 {
	v, _ := l.memory.ReadFloat64Le(l.scratch + uint32(offset))
	return finite(v)
}

func (l *library) uint(offset int) uint32 {
	v, _ := l.memory.ReadUint32Le(l.scratch + uint32(offset))
	return v
}

// finite returns v within bounds that sums cannot leave.
func finite(v float64) float32 {
	if math.IsNaN(v) {
		return 0
	}
	return float32(min(max(v, -1e7), 1e7))
}

// text calls a function that writes a text in UTF-16 to memory, whose address
// and size are its last arguments, and returns how many bytes it has.
func (l *library) text(name string, args ...uint64) string {
	n := uint32(l.call(name, append(args, l.at(0), textSize)...))
	if n < 2 || n > textSize {
		return ""
	}
	return l.utf16(0, int(n))
}

// utf16 returns n bytes of the scratch as a text, up to its end mark.
func (l *library) utf16(offset, n int) string {
	raw, ok := l.memory.Read(l.scratch+uint32(offset), uint32(n))
	if !ok {
		return ""
	}
	units := make([]uint16, 0, n/2)
	for i := 0; i+1 < len(raw); i += 2 {
		u := uint16(raw[i]) | uint16(raw[i+1])<<8
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// name writes a name for PDFium behind the part of the scratch that texts are
// written to, and returns where it stands.
func (l *library) name(s string) uint64 {
	l.memory.WriteString(l.scratch+textSize, s[:min(len(s), scratchSize-textSize-1)]+"\x00")
	return l.at(textSize)
}
