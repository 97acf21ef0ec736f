// Package msg reads mails as Outlook keeps them: a compound file, which is a
// file system in a file, with a stream for each property of the mail.
package msg

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"

	"multivac"
	"multivac/internal/extract"
)

// Magic is how compound files begin.
const Magic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// maxSector is the last number of a sector. Others have a meaning.
const maxSector = 0xfffffffa

// A compound is a compound file.
type compound struct {
	b       []byte
	shift   uint     // a sector has 1<<shift bytes
	next    []uint32 // the sector after each sector
	small   []byte   // the streams of less than smallest bytes
	smaller []uint32 // the small sector after each
	entries []entry
	left    int64 // bytes that may still be read of streams
	walks   int   // entries that may still be taken of storages
}

const (
	smallShift = 6    // a small sector has 64 bytes
	smallest   = 4096 // streams of less are among the small ones
	entrySize  = 128
)

// An entry is a stream, or a storage, which is a folder.
type entry struct {
	name               string
	storage            bool
	left, right, child uint32
	start              uint32
	size               int64
}

// open reads the directory of a compound file.
func open(b []byte, l extract.Limits) (*compound, error) {
	if !bytes.HasPrefix(b, []byte(Magic)) || len(b) < 512 {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save the mail from Outlook again, as .msg or .eml", "it is not a mail of Outlook")
	}
	c := &compound{b: b, shift: uint(binary.LittleEndian.Uint16(b[30:])), left: l.Unpacked}
	if c.shift != 9 && c.shift != 12 {
		return nil, broken("its sectors have a strange size")
	}
	if err := c.readNext(); err != nil {
		return nil, err
	}
	directory := c.chain(c.u32(48), int64(len(b)))
	for ; len(directory) >= entrySize; directory = directory[entrySize:] {
		c.entries = append(c.entries, readEntry(directory[:entrySize]))
	}
	if len(c.entries) == 0 {
		return nil, broken("it has no directory")
	}
	c.walks = 2 * len(c.entries)
	table := c.chain(c.u32(60), int64(len(b)))
	for ; len(table) >= 4; table = table[4:] {
		c.smaller = append(c.smaller, binary.LittleEndian.Uint32(table))
	}
	c.small = c.chain(c.entries[0].start, int64(len(b)))
	return c, nil
}

func broken(why string) error {
	return multivac.Errorf(multivac.ErrInvalid, "save the mail from Outlook again", "the file is broken: %s", why)
}

func (c *compound) u32(at int) uint32 { return binary.LittleEndian.Uint32(c.b[at:]) }

// sector returns a sector, which may be cut at the end of the file.
func (c *compound) sector(n uint32) []byte {
	begin := (int64(n) + 1) << c.shift
	if n > maxSector || begin >= int64(len(c.b)) {
		return nil
	}
	return c.b[begin:min(int64(len(c.b)), begin+1<<c.shift)]
}

// readNext reads which sector follows each one. The sectors that say so are
// listed in the header and then in sectors of their own.
func (c *compound) readNext() error {
	var sectors []uint32
	for at := 76; at < 512; at += 4 {
		sectors = append(sectors, c.u32(at))
	}
	most := len(c.b)>>c.shift + 1
	for n, list := 0, c.sector(c.u32(68)); list != nil; n++ {
		if n > most {
			return broken("a list of its sectors has no end")
		}
		for ; len(list) >= 8; list = list[4:] {
			sectors = append(sectors, binary.LittleEndian.Uint32(list))
		}
		if len(list) < 4 {
			break
		}
		list = c.sector(binary.LittleEndian.Uint32(list))
	}
	for _, n := range sectors {
		for s := c.sector(n); len(s) >= 4; s = s[4:] {
			if len(c.next) > most { // of more sectors there is nothing
				return nil
			}
			c.next = append(c.next, binary.LittleEndian.Uint32(s))
		}
	}
	return nil
}

// chain returns the sectors from n on, at most size bytes of them.
func (c *compound) chain(n uint32, size int64) (all []byte) {
	for steps := 0; int64(len(all)) < size && steps <= len(c.next); steps++ {
		s := c.sector(n)
		if s == nil {
			break
		}
		all = append(all, s[:min(int64(len(s)), size-int64(len(all)))]...)
		if int64(n) >= int64(len(c.next)) {
			break
		}
		n = c.next[n]
	}
	return all
}

// smallChain does what chain does among the small sectors.
func (c *compound) smallChain(n uint32, size int64) (all []byte) {
	for steps := 0; int64(len(all)) < size && steps <= len(c.smaller); steps++ {
		begin := int64(n) << smallShift
		if n > maxSector || begin >= int64(len(c.small)) {
			break
		}
		s := c.small[begin:min(int64(len(c.small)), begin+1<<smallShift)]
		all = append(all, s[:min(int64(len(s)), size-int64(len(all)))]...)
		if int64(n) >= int64(len(c.smaller)) {
			break
		}
		n = c.smaller[n]
	}
	return all
}

// stream returns what a stream holds.
func (c *compound) stream(e entry) ([]byte, error) {
	if e.size > int64(len(c.b)) {
		return nil, broken("a part of it is larger than the file")
	}
	if c.left -= e.size; c.left < 0 {
		return nil, multivac.Errorf(multivac.ErrTooLarge, "save its attachments as files", "its parts have more bytes than may be read of it")
	}
	all := []byte(nil)
	if e.size < smallest {
		all = c.smallChain(e.start, e.size)
	} else {
		all = c.chain(e.start, e.size)
	}
	if int64(len(all)) < e.size {
		return nil, broken("a part of it is cut")
	}
	return all, nil
}

func readEntry(b []byte) entry {
	n := min(int(binary.LittleEndian.Uint16(b[64:])), 64)
	var units []uint16
	for i := 0; i+2 < n; i += 2 { // without the zero at the end
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	return entry{
		name: string(utf16.Decode(units)), storage: b[66] == 1 || b[66] == 5,
		left: u32(68), right: u32(72), child: u32(76), start: u32(116), size: int64(u32(120)),
	}
}

// A folder are the entries of a storage, by name.
type folder struct {
	order []string
	by    map[string]entry
}

// folder returns what a storage holds, in the order of the file. Each entry is
// taken once at most, and all storages together hold no more than there is.
func (c *compound) folder(e entry) folder {
	f := folder{by: map[string]entry{}}
	seen := map[uint32]bool{}
	var waiting []uint32 // entries whose left side is done
	for at := e.child; ; {
		for at < uint32(len(c.entries)) && !seen[at] && c.walks > 0 {
			c.walks--
			seen[at] = true
			waiting = append(waiting, at)
			at = c.entries[at].left
		}
		if len(waiting) == 0 {
			return f
		}
		in := c.entries[waiting[len(waiting)-1]]
		waiting = waiting[:len(waiting)-1]
		if _, twice := f.by[in.name]; !twice {
			f.by[in.name] = in
			f.order = append(f.order, in.name)
		}
		at = in.right
	}
}
