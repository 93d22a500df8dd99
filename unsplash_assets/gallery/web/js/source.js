// Where the photos come from. The grid, the large view and the slide show ask `photos` alone.
//
// A photo is an element as `photo.html` draws it, in the document or not. A source has:
//
//   total             how many photos there are, whatever is chosen
//   count             how many of them are chosen
//   choice            what is chosen: { topic, search }; null and "" are all. A source may have more
//   names             of what it has more; they are options of the address
//   isCounted         false while there are more than `count`
//   choose(choice)    chooses others
//   topics()          a Map from each topic to its number of photos
//   at(index)         the chosen photo at a place, the newest at 0, or a promise of it; undefined
//                     where it cannot be had now
//   indexOf(photo)    the place of a photo among the chosen ones, or -1
//   start(onNews, isResting)
//                     begins to look for new photos, unless isResting() says that nobody sees them;
//                     calls onNews(arrivals), the newest first
//   check()           looks for new photos at once
//   settle(isInUse)   lets go of photos that have left the library, unless they are in use

export let photos = null;

export function takePhotosFrom(source) {
  photos = source;
}
