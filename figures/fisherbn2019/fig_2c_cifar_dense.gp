# Test loss of fully connected networks with batch normalisation on Gaussian images with a teacher's labels over $\log_{10}\eta$ and $\gamma$; white where a training exploded. Circles: the rate at which
# training begins to explode. Red: $\eta_*$ as printed. Grey: the corrected bound of the weights alone; dashed, of all parameters. Black: with gradients through the batch statistics. Purple, dotted: the
# largest eigenvalue of the networks themselves.
set title "Fully connected, Gaussian images"
set xlabel "γ"
set ylabel "log_{10} η"
@two_rows
stats table using "gamma" nooutput name "x"
stats table using (pick("cell", column("log_rate"))) nooutput name "rate"
wide = (x_max / x_min)**(0.5 / (setting("columns") - 1))
high = (rate_max - rate_min) / (setting("rows") - 1) / 2
set logscale x
set xtics (0.05, 0.1, 0.2, 0.5, 1, 2, 5)
set xrange [x_min / wide:x_max * wide * 1.01] noextend
set yrange [rate_min - high:rate_max + high] noextend
set style fill solid noborder
set rmargin 12
set palette defined (0 "#0072B2", 0.5 "#56B4E9", 1 "#e6e6e6")
set cbrange [*:1]
set cblabel "log_{10} test loss" textcolor rgb "#333333"
unset grid
shade(loss) = loss > 10 ? 1 : log10(loss)
plot table using "gamma":(pick("cell", column("log_rate"))):(column("gamma") / wide):(column("gamma") * wide * 1.01):(column("log_rate") - high):(column("log_rate") + high * 1.02):(shade(column("loss"))) \
        with boxxyerror palette, \
     "" using "gamma":(pick("second moment", column("log_rate"))) with lines linetype 2 linewidth 2 title "printed", \
     "" using "gamma":(pick("frozen", column("log_rate"))) with lines linetype 8 linewidth 1.5 title "weights alone", \
     "" using "gamma":(pick("frozen, all", column("log_rate"))) with lines linetype 8 linewidth 1.5 dashtype 2 title "fixed statistics", \
     "" using "gamma":(pick("live", column("log_rate"))) with lines linetype 1 linewidth 2 title "live statistics", \
     "" using "gamma":(pick("own", column("log_rate"))) with lines linetype 6 linewidth 2 dashtype 3 title "own λ_{max}", \
     "" using "gamma":(pick("boundary", column("boundary"))):"boundary_err" with yerrorbars linetype 1 pointtype 6 pointsize 0.9 linewidth 1 title "explodes"
