# Covariance matrices of a batch after many layers, two networks of each phase: below the transition all diagonal entries agree, and all others (BSB1); above, few samples carry
# nearly everything (BSB2). Darker is larger, on the scale of each matrix.
panel = svg.'620; set output output; set multiplot layout 2,2 margins 0.07,0.93,0.08,0.84 spacing 0.16,0.14'
@panel
unset key
set border 0
unset grid
set size ratio -1
set format "%g"
set xtics 1 scale 0
set ytics 1 scale 0
set palette defined (0 "#ffffff", 1 "#0072B2")
unset colorbox
do for [block=0:3] {
    set title sprintf("%s, α = %s", block < 2 ? "BSB1" : "BSB2", setting(block < 2 ? "low" : "high")) offset 0,-0.4
    set xrange [*:*]
    set yrange [*:*]
    stats table using "covariance" every :::block::block nooutput
    set cbrange [0:STATS_max]
    set xrange [0.5:setting("B")+0.5] noextend
    set yrange [setting("B")+0.5:0.5] noextend
    plot table using "j":"i":"covariance" every :::block::block with image pixels
}
unset multiplot
