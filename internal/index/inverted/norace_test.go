//go:build !race

package inverted

const raced = false
