package bodies

import (
	"mime/multipart"

	"multivac"
)

// maxPartHeader is how many bytes a header of a part of a form may have. The
// parameters of a longer one would take many times its size in memory.
const maxPartHeader = 8 << 10

// CheckPart refuses a part of a form whose headers are too long to be read.
func CheckPart(part *multipart.Part) error {
	for name, values := range part.Header {
		for _, value := range values {
			if len(name)+len(value) > maxPartHeader {
				return multivac.Errorf(multivac.ErrInvalid, "shorten it", "a part of the form has a header of over %d bytes", maxPartHeader)
			}
		}
	}
	return nil
}
