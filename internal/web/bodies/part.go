package bodies

import (
	"mime/multipart"

	"multivac"
)

// maxPartHeader is the size limit of a header of a form's part, in bytes. The
// parameters of a longer header would take many times its size in memory.
const maxPartHeader = 8 << 10

// CheckPart refuses a part of a form if its headers are too long.
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
