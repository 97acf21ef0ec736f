package msg

import (
	"encoding/binary"
	"unicode/utf16"
)

// A node is a stream or a storage of a compound file that a test makes.
type node struct {
	name  string
	bytes []byte // of a stream
	nodes []node // of a storage
}

// builder makes compound files.
type builder struct {
	names   [][]byte // entries of the directory
	data    []byte   // sectors behind the header
	next    []uint32
	small   []byte
	smaller []uint32
}

const lastSector = 0xfffffffe

// compoundOf returns a compound file with the nodes.
func compoundOf(nodes ...node) []byte {
	var b builder
	b.entry(node{name: "Root Entry", nodes: nodes}, 5)
	start := b.put(b.small)
	root := b.names[0]
	binary.LittleEndian.PutUint32(root[116:], start)
	binary.LittleEndian.PutUint32(root[120:], uint32(len(b.small)))
	var directory, table []byte
	for _, e := range b.names {
		directory = append(directory, e...)
	}
	for _, n := range b.smaller {
		table = binary.LittleEndian.AppendUint32(table, n)
	}
	first, small := b.put(directory), b.put(table)
	sectors := (len(b.next) + 127 + 128) / 128 // which list themselves, too
	header := make([]byte, 512)
	copy(header, Magic)
	u16 := binary.LittleEndian.PutUint16
	u32 := binary.LittleEndian.PutUint32
	u16(header[24:], 0x3e)
	u16(header[26:], 3)
	u16(header[28:], 0xfffe)
	u16(header[30:], 9)
	u16(header[32:], 6)
	u32(header[44:], uint32(sectors))
	u32(header[48:], first)
	u32(header[56:], smallest)
	u32(header[60:], small)
	u32(header[64:], uint32((len(table)+511)/512))
	u32(header[68:], lastSector)
	for i := range 109 {
		n := uint32(0xffffffff)
		if i < sectors {
			n = uint32(len(b.next) + i)
		}
		u32(header[76+4*i:], n)
	}
	list := make([]byte, sectors*512)
	for i := range list {
		list[i] = 0xff
	}
	for i, n := range b.next {
		u32(list[4*i:], n)
	}
	for i := range sectors {
		u32(list[4*(len(b.next)+i):], 0xfffffffd)
	}
	return append(append(header, b.data...), list...)
}

// put adds a chain of sectors.
func (b *builder) put(data []byte) uint32 {
	if len(data) == 0 {
		return lastSector
	}
	start := uint32(len(b.next))
	for len(data) > 0 {
		n := min(512, len(data))
		b.data = append(append(b.data, data[:n]...), make([]byte, 512-n)...)
		data = data[n:]
		b.next = append(b.next, uint32(len(b.next)+1))
	}
	b.next[len(b.next)-1] = lastSector
	return start
}

// putSmall does what put does among the small sectors.
func (b *builder) putSmall(data []byte) uint32 {
	start := uint32(len(b.smaller))
	for len(data) > 0 {
		n := min(64, len(data))
		b.small = append(append(b.small, data[:n]...), make([]byte, 64-n)...)
		data = data[n:]
		b.smaller = append(b.smaller, uint32(len(b.smaller)+1))
	}
	if len(b.smaller) > int(start) {
		b.smaller[len(b.smaller)-1] = lastSector
	}
	return start
}

// entry adds a node and those in it to the directory, and returns its number.
func (b *builder) entry(n node, kind byte) uint32 {
	e := make([]byte, entrySize)
	units := utf16.Encode([]rune(n.name))
	for i, u := range units {
		binary.LittleEndian.PutUint16(e[2*i:], u)
	}
	binary.LittleEndian.PutUint16(e[64:], uint16(2*len(units)+2))
	e[66], e[67] = kind, 1
	for at := 68; at < 80; at += 4 {
		binary.LittleEndian.PutUint32(e[at:], 0xffffffff)
	}
	number := uint32(len(b.names))
	b.names = append(b.names, e)
	if kind == 2 {
		start := uint32(0)
		if len(n.bytes) < smallest {
			start = b.putSmall(n.bytes)
		} else {
			start = b.put(n.bytes)
		}
		binary.LittleEndian.PutUint32(e[116:], start)
		binary.LittleEndian.PutUint32(e[120:], uint32(len(n.bytes)))
		return number
	}
	before := e[76:] // the child, and then the right side of each
	for _, in := range n.nodes {
		kind := byte(2)
		if in.bytes == nil {
			kind = 1
		}
		k := b.entry(in, kind)
		binary.LittleEndian.PutUint32(before, k)
		before = b.names[k][72:]
	}
	return number
}

// str returns the stream of a property that is a string in Unicode.
func str(property int, s string) node {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return node{name: named(property, typeString), bytes: append([]byte{}, b...)}
}

// old returns the stream of a property that is a string of bytes.
func old(property int, s string) node {
	return node{name: named(property, typeString8), bytes: []byte(s)}
}

// data returns the stream of a property of bytes.
func data(property int, b string) node {
	return node{name: named(property, typeBinary), bytes: []byte(b)}
}

// fixed returns the stream with the properties of a fixed size: a number and a
// value, and so on.
func fixed(header int, values ...uint64) node {
	b := make([]byte, header)
	for i := 0; i+1 < len(values); i += 2 {
		b = binary.LittleEndian.AppendUint16(b, 3)
		b = binary.LittleEndian.AppendUint16(b, uint16(values[i]))
		b = binary.LittleEndian.AppendUint32(b, 6)
		b = binary.LittleEndian.AppendUint64(b, values[i+1])
	}
	return node{name: properties, bytes: b}
}
