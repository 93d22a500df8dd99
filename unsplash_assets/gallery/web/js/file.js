// Where the script of the page that is a file begins.

import { start } from "./page.js";
import { PagePhotos } from "./page_photos.js";

start(new PagePhotos());
