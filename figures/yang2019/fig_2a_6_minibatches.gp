# Two minibatches (blue and red) on one circle that differ in one point, at every second layer of a linear network with batch normalisation: the points in the plane of the first two principal
# directions of both batches together; each pane has its own scale.
panel = svg.'760; set output output; set multiplot layout 4,4 margins 0.04,0.98,0.03,0.93 spacing 0.03,0.05 title sprintf("Width %s, minibatches of %s", setting("N"), setting("B")) font ",16"'
@panel
unset key
unset tics
set border 15
set size ratio -1
do for [block=0:15] {
    if (2 * block <= setting("L") + 0) {
        set title sprintf("layer %d", 2 * block) font ",13" offset 0,-0.9
        set xrange [*:*]
        set yrange [*:*]
        stats table using (abs(column("x")) > abs(column("y")) ? abs(column("x")) : abs(column("y"))) every :::block::block nooutput
        reach = 1.15 * STATS_max
        set xrange [-reach:reach]
        set yrange [-reach:reach]
        plot table using (column("batch") == 1 ? column("x") : NaN):"y" every :::block::block with points linetype 3 pointsize 0.25, \
             "" using (column("batch") == 2 ? column("x") : NaN):"y" every :::block::block with points linetype 2 pointsize 0.25
    }
}
unset multiplot
