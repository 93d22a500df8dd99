// Where the script of the served page begins.

import { start } from "../page.js";
import { followPhoto } from "./address.js";
import { watchActions } from "./actions.js";
import { watchFilters } from "./filters.js";
import { Grid } from "./grid.js";
import { ServedPhotos } from "./photos.js";
import { watchHealth } from "./sign.js";

const library = new ServedPhotos();
library.grid = new Grid(library);
start(library);
watchFilters();
watchActions(library);
watchHealth();
followPhoto(library);
