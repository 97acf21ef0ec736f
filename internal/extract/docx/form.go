package docx

import "encoding/xml"

// formSetting reads a setting of a field of a form. A box that may be ticked and a
// list of choices have no result in the text.
func (w *walker) formSetting(e xml.StartElement) {
	if len(w.fields) == 0 {
		return
	}
	f := &w.fields[len(w.fields)-1]
	switch e.Name.Local {
	case "checkBox":
		f.box = "☐"
	case "default", "checked":
		if f.box == "☐" || f.box == "☒" {
			if f.box = "☐"; isSet(e) {
				f.box = "☒"
			}
		}
	case "result":
		f.choice = atoi(attribute(e, "val"), 0)
	case "listEntry":
		if f.entries == f.choice {
			f.box = attribute(e, "val")
		}
		f.entries++
	}
}
