# Test accuracy on CIFAR-10 after training against the depth and the batch size, under the line $16\,\xi$ of theory (dashed); circles, where accuracy passes the
# level, averaged over levels around it.
set title sprintf("CIFAR-10: relu networks of width %s, SGD", setting("N"))
set xlabel "batch size B"
set ylabel "depth"
stats table using "B" nooutput name "x"
stats table using (pick("cell", column("depth"))) nooutput name "depth"
wide = (x_max / x_min)**(0.5 / (setting("columns") - 1))
left(x) = x / wide
right(x) = x * wide * 1.01
high = (depth_max / depth_min)**(0.5 / (setting("rows") - 1))
set logscale x
set xtics (4, 8, 16, 32, 64, 128, 256, 512)
set xrange [left(x_min):right(x_max)] noextend
set yrange [depth_min / high:depth_max * high] noextend
set style fill solid noborder
set rmargin 12
set palette defined (0 "#ffffff", 1 "#0072B2")
set cbrange [0.1:*]
set cblabel "test accuracy" textcolor rgb "#333333"
unset grid
set logscale y
set ytics (5, 10, 20, 50, 100, 200, 500, 1000)
plot table using "B":(pick("cell", column("depth"))):(left(column("B"))):(right(column("B"))):(pick("cell", column("depth") / high)):(column("depth") * high * 1.03):"score" \
        with boxxyerror palette, \
     "" using "B":(pick("line", column("depth"))) with lines linestyle 2 linewidth 2 dashtype 2 title "16 ξ", \
     "" using "B":(pick("line", column("boundary"))) with points linetype 1 pointtype 6 pointsize 0.9 title "accuracy ".setting("level")
